# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the camera is by an old key frame that shows the same view: what has drifted since."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dis import Image
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    rotation_from_vector,
    vector_from_rotation,
)
from anycam_ros.motion.geometric.archive import View
from anycam_ros.motion.geometric.matching import BORDER_PX, Matches
from anycam_ros.motion.geometric.pose import Points
from anycam_ros.motion.geometric.tracker import robust_pose
from anycam_ros.motion.geometric.two_view import rays
from anycam_ros.motion.geometric.window import KeyFrameWindow

PATCH_PX = 15
PYRAMID_LEVELS = 2
MAXIMUM_DISAGREEMENT_PX = 1.0
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


def recall(view: View, window: KeyFrameWindow) -> Recall | None:
    """Return where the newest key frame is by an old view; None when they do not match."""
    T, focal_px, camera = window.T_camera_world[-1], window.focal_px, window.camera
    points = view.points_in(T, focal_px)
    expected = camera.pixels(focal_px * points[:, :2] / points[:, 2:])
    matches = _search(view.image, window.images[-1], camera.pixels(view.points_px), expected)
    if matches.is_valid.sum() < MINIMUM_MATCHES:
        return None
    T_world_view = inverse(view.T_camera_world)
    fit, _ = robust_pose(
        Points(rays(view.points_px, focal_px) @ T_world_view[:3, :3].T,
               np.tile(T_world_view[:3, 3], (len(points), 1)), view.inverse_depth,
               view.information, camera.centred(matches.target_px), matches.weight),
        focal_px, [T], matches)
    is_inlier = matches.is_valid & (fit.residual_px < OUTLIER_PX)
    if is_inlier.sum() < max(MINIMUM_MATCHES, MINIMUM_INLIER_SHARE * matches.is_valid.sum()):
        return None
    depth = view.points_in(fit.T_camera_world, focal_px)[:, 2]
    return Recall(fit.T_camera_world,
                  _scale(window, matches.target_px[is_inlier], depth[is_inlier]))


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


def _search(source: Image, target: Image, source_px: Array, expected_px: Array) -> Matches:
    """Return where the patches around points (N, 2) of the source are near where expected.

    The way back starts as far off as the way there did: started at its goal it would agree
    with anything.
    """
    height, width = source.shape
    is_expected = np.isfinite(expected_px[:, 0])
    start = np.where(is_expected[:, None], expected_px, -1e3)
    there, found_there = _lucas_kanade(source, target, source_px, start)
    back, found_back = _lucas_kanade(target, source, there, source_px + there - start)
    disagreement = np.linalg.norm(back - source_px, axis=1)
    is_inside = ((there >= BORDER_PX) & (there <= np.array([width, height]) - 1 - BORDER_PX)
                 ).all(axis=1)
    is_valid = is_expected & found_there & found_back & is_inside \
        & (disagreement < MAXIMUM_DISAGREEMENT_PX)
    weight = np.where(is_valid, 1.0 / (1.0 + disagreement ** 2), 0.0)
    return Matches(np.where(is_valid[:, None], there, 0.0), is_valid, weight)


def _lucas_kanade(source: Image, target: Image, source_px: Array,
                  start_px: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return the positions (N, 2) in the target, and which were found."""
    found_px, found, _ = cv2.calcOpticalFlowPyrLK(
        source, target, np.ascontiguousarray(source_px[:, None], np.float32),
        np.ascontiguousarray(start_px[:, None], np.float32), winSize=(PATCH_PX, PATCH_PX),
        maxLevel=PYRAMID_LEVELS, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 20, 0.01))
    return np.asarray(found_px[:, 0], np.float64), np.asarray(found[:, 0], np.bool_)


def _scale(window: KeyFrameWindow, positions_px: Array, depth: Array) -> float:
    """Return by how much depths at positions (N, 2) exceed the window's there; 1 if unknown."""
    height, width = window.images[-1].shape
    inverse_depth = np.full((height // NEIGHBOURHOOD_PX + 1, width // NEIGHBOURHOOD_PX + 1),
                            np.nan)
    known_px = window.tracks.key_px[window.tracks.active_rows]
    column, row = (known_px // NEIGHBOURHOOD_PX).astype(int).T
    inverse_depth[row, column] = window.depths_in_newest()
    column, row = (positions_px // NEIGHBOURHOOD_PX).astype(int).T
    ratio = depth * inverse_depth[row, column]
    is_known = np.isfinite(ratio)
    return float(np.median(ratio[is_known])) if is_known.sum() >= MINIMUM_NEIGHBOURS else 1.0
