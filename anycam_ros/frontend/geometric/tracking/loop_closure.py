# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the camera is by an old key frame that shows the same view: what has drifted since."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.matching import Matches, search_near
from anycam_ros.frontend.geometric.estimation.pose_estimation import Points
from anycam_ros.frontend.geometric.mapping.keyframe_database import Keyframe
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.tracking.tracker import robust_pose
from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    so3_exp,
    so3_log,
)

MINIMUM_MATCHES = 40
OUTLIER_PX = 3.0
MINIMUM_INLIER_SHARE = 0.4
NEIGHBOURHOOD_PX = 16            # depths in one square are compared
MINIMUM_NEIGHBOURS = 30
SHARE = 0.3                      # of the drift that one view takes back; views err, too


class LoopClosure(NamedTuple):
    """Hold what an old view says of the newest key frame."""

    T_camera_world: Array    # (4, 4)
    scale: float             # lengths by the old view over lengths by the window


class KeyframeRegistration(NamedTuple):
    """Hold where an image shows the points of a view, and from where it shows them."""

    matches: Matches
    is_inlier: NDArray[np.bool_]    # (N,)
    T_camera_world: Array           # (4, 4)


def register_keyframe(view: Keyframe, image: Image, T_camera_world: Array, focal_px: float,
                      camera: ProcessingCamera) -> KeyframeRegistration | None:
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
    return KeyframeRegistration(matches, is_inlier, fit.T_camera_world)


def find_loop_closure(view: Keyframe, local_map: LocalMap) -> LoopClosure | None:
    """Return where the newest key frame is by an old view; None when they do not match."""
    found = register_keyframe(view, local_map.images[-1], local_map.T_camera_world[-1],
                              local_map.focal_px, local_map.camera)
    if found is None:
        return None
    depth = view.points_in(found.T_camera_world, local_map.focal_px)[:, 2]
    return LoopClosure(found.T_camera_world, _scale(
        local_map, found.matches.target_px[found.is_inlier], depth[found.is_inlier]))


def correct_loop(local_map: LocalMap, loop_closure: LoopClosure) -> None:
    """Move the window as a whole, and scale it, by a share of its drift.

    What the window knows of its own key frames stays as it is.
    """
    T = local_map.T_camera_world[-1]
    drift = loop_closure.T_camera_world @ inverse(T)
    back = from_rotation_translation(
        so3_exp(SHARE * so3_log(drift[:3, :3])), SHARE * drift[:3, 3])
    if not local_map.is_metric:
        local_map.rescale(loop_closure.scale ** SHARE)
    local_map.move_newest_to(back @ T)


def _scale(local_map: LocalMap, positions_px: Array, depth: Array) -> float:
    """Return by how much depths at positions (N, 2) exceed the window's there; 1 if unknown."""
    height, width = local_map.images[-1].shape
    inverse_depth = np.full((height // NEIGHBOURHOOD_PX + 1, width // NEIGHBOURHOOD_PX + 1),
                            np.nan)
    known_px = local_map.tracks.active_px
    column, row = (known_px // NEIGHBOURHOOD_PX).astype(int).T
    inverse_depth[row, column] = local_map.depths_in_newest()
    column, row = (positions_px // NEIGHBOURHOOD_PX).astype(int).T
    ratio = depth * inverse_depth[row, column]
    is_known = np.isfinite(ratio)
    return float(np.median(ratio[is_known])) if is_known.sum() >= MINIMUM_NEIGHBOURS else 1.0
