# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the camera is by an old key frame that shows the same view: what has drifted since."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    rotation_from_vector,
    vector_from_rotation,
)
from anycam_ros.motion.geometric.archive import View
from anycam_ros.motion.geometric.matching import Matches, search_near
from anycam_ros.motion.geometric.pose import Points
from anycam_ros.motion.geometric.tracker import robust_pose
from anycam_ros.motion.geometric.two_view import rays
from anycam_ros.motion.geometric.window import KeyFrameWindow
from anycam_ros.motion.geometric.working_camera import WorkingCamera

MINIMUM_MATCHES = 40
OUTLIER_PX = 3.0
MINIMUM_INLIER_SHARE = 0.4
NEIGHBOURHOOD_PX = 16            # depths in one square are compared
MINIMUM_NEIGHBOURS = 30
SHARE = 0.3                      # of the drift that one view takes back; views err, too


class Recall(NamedTuple):
    """Hold what an old view says of the newest key frame."""

    T_camera_world: Array    # (4, 4)
    scale: float             # lengths by the old view over lengths by the window


class Rediscovery(NamedTuple):
    """Hold where an image shows the points of a view, and from where it shows them."""

    matches: Matches
    is_inlier: NDArray[np.bool_]    # (N,)
    T_camera_world: Array           # (4, 4)


def rediscover(view: View, image: Image, T_camera_world: Array, focal_px: float,
               camera: WorkingCamera) -> Rediscovery | None:
    """Return how an image shows an old view; None when it does not.

    T_camera_world is where the image is believed to be taken.
    """
    points = view.points_in(T_camera_world, focal_px)
    expected = camera.pixels(focal_px * points[:, :2] / points[:, 2:])
    matches = search_near(view.image, image, camera.pixels(view.points_px), expected)
    if matches.is_valid.sum() < MINIMUM_MATCHES:
        return None
    T_world_view = inverse(view.T_camera_world)
    fit, _ = robust_pose(
        Points(rays(view.points_px, focal_px) @ T_world_view[:3, :3].T,
               np.tile(T_world_view[:3, 3], (len(points), 1)), view.inverse_depth,
               view.information, camera.centred(matches.target_px), matches.weight),
        focal_px, [T_camera_world], matches)
    is_inlier = matches.is_valid & (fit.residual_px < OUTLIER_PX)
    if is_inlier.sum() < max(MINIMUM_MATCHES, MINIMUM_INLIER_SHARE * matches.is_valid.sum()):
        return None
    return Rediscovery(matches, is_inlier, fit.T_camera_world)


def recall(view: View, window: KeyFrameWindow) -> Recall | None:
    """Return where the newest key frame is by an old view; None when they do not match."""
    found = rediscover(view, window.images[-1], window.T_camera_world[-1], window.focal_px,
                       window.camera)
    if found is None:
        return None
    depth = view.points_in(found.T_camera_world, window.focal_px)[:, 2]
    return Recall(found.T_camera_world, _scale(
        window, found.matches.target_px[found.is_inlier], depth[found.is_inlier]))


def give_way(window: KeyFrameWindow, recalled: Recall) -> None:
    """Move the window as a whole, and scale it, by a share of its drift.

    What the window knows of its own key frames stays as it is.
    """
    T = window.T_camera_world[-1]
    drift = recalled.T_camera_world @ inverse(T)
    back = from_rotation_translation(
        rotation_from_vector(SHARE * vector_from_rotation(drift[:3, :3])), SHARE * drift[:3, 3])
    if not window.is_metric:
        window.rescale(recalled.scale ** SHARE)
    window.move_newest_to(back @ T)


def _scale(window: KeyFrameWindow, positions_px: Array, depth: Array) -> float:
    """Return by how much depths at positions (N, 2) exceed the window's there; 1 if unknown."""
    height, width = window.images[-1].shape
    inverse_depth = np.full((height // NEIGHBOURHOOD_PX + 1, width // NEIGHBOURHOOD_PX + 1),
                            np.nan)
    known_px = window.tracks.active_px
    column, row = (known_px // NEIGHBOURHOOD_PX).astype(int).T
    inverse_depth[row, column] = window.depths_in_newest()
    column, row = (positions_px // NEIGHBOURHOOD_PX).astype(int).T
    ratio = depth * inverse_depth[row, column]
    is_known = np.isfinite(ratio)
    return float(np.median(ratio[is_known])) if is_known.sum() >= MINIMUM_NEIGHBOURS else 1.0
