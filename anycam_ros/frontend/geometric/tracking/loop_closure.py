# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loop closure: where the camera is by an old key frame that shows the same view."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.matching import (
    Matches,
    MatchingOptions,
    search_near,
)
from anycam_ros.frontend.geometric.estimation.pose_estimation import Points
from anycam_ros.frontend.geometric.mapping.keyframe_database import Keyframe, KeyframeDatabase
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.tracking.tracker import robust_pose, RobustPoseOptions
from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    so3_exp,
    so3_log,
)


@dataclass(frozen=True)
class LoopClosureOptions:
    """Choose when an old key frame is recognised, and how far it is believed."""

    minimum_matches: int = 40      # fewer fit by chance
    outlier_px: float = 3.0        # reprojection error
    inlier_share: float = 0.4      # of the matches, at least
    neighbourhood_px: int = 16     # depths in one square are compared
    minimum_neighbours: int = 30   # squares with two depths, to tell the drift of the scale
    share: float = 0.3             # of the drift that one key frame takes back; they err, too
    matching: MatchingOptions = field(default_factory=MatchingOptions)
    pose: RobustPoseOptions = field(default_factory=RobustPoseOptions)


class LoopClosure(NamedTuple):
    """Hold what an old key frame says of the newest one."""

    T_camera_world: Array    # (4, 4)
    scale: float             # lengths by the old key frame over lengths by the window


class KeyframeRegistration(NamedTuple):
    """Hold where an image shows the points of a key frame, and from where it shows them."""

    matches: Matches
    is_inlier: NDArray[np.bool_]    # (N,)
    T_camera_world: Array           # (4, 4)


def register_keyframe(keyframe: Keyframe, image: Image, T_camera_world: Array, focal_px: float,
                      camera: ProcessingCamera,
                      options: LoopClosureOptions) -> KeyframeRegistration | None:
    """Return how an image shows an old key frame; None when it does not.

    T_camera_world is where the image is believed to be taken.
    """
    points = keyframe.points_in(T_camera_world, focal_px)
    expected = camera.image_px(focal_px * points[:, :2] / points[:, 2:])
    matches = search_near(keyframe.image, image, camera.image_px(keyframe.points_px), expected,
                          options.matching)
    if matches.is_valid.sum() < options.minimum_matches:
        return None
    T_world_keyframe = inverse(keyframe.T_camera_world)
    known = Points(
        ray=rays(keyframe.points_px, focal_px) @ T_world_keyframe[:3, :3].T,
        centre=np.tile(T_world_keyframe[:3, 3], (len(points), 1)),
        inverse_depth=keyframe.inverse_depth, information=keyframe.information,
        observed_px=camera.undistorted_px(matches.target_px), weight=matches.weight)
    fit, _ = robust_pose(known, focal_px, T_camera_world, matches, options.pose)
    is_inlier = matches.is_valid & (fit.residual_px < options.outlier_px)
    if is_inlier.sum() < max(options.minimum_matches,
                             options.inlier_share * matches.is_valid.sum()):
        return None
    return KeyframeRegistration(matches, is_inlier, fit.T_camera_world)


def close_loop(window: SlidingWindow, database: KeyframeDatabase,
               options: LoopClosureOptions) -> None:
    """Take back a part of the drift where the camera sees again what it saw long ago."""
    keyframe = database.seen_from(window.T_camera_world[-1], window.focal_px)
    if keyframe is not None:
        loop_closure = find_loop_closure(keyframe, window, options)
        if loop_closure is not None:
            correct_loop(window, loop_closure, options)
    if window.is_full:
        database.add_oldest_of(window)


def find_loop_closure(keyframe: Keyframe, window: SlidingWindow,
                      options: LoopClosureOptions) -> LoopClosure | None:
    """Return where the newest key frame is by an old one; None when they do not match."""
    found = register_keyframe(keyframe, window.images[-1], window.T_camera_world[-1],
                              window.focal_px, window.camera, options)
    if found is None:
        return None
    depth = keyframe.points_in(found.T_camera_world, window.focal_px)[:, 2]
    return LoopClosure(found.T_camera_world, _scale(
        window, found.matches.target_px[found.is_inlier], depth[found.is_inlier], options))


def correct_loop(window: SlidingWindow, loop_closure: LoopClosure,
                 options: LoopClosureOptions) -> None:
    """Move the window as a whole, and scale it, by a share of its drift.

    What the window knows of its own key frames stays as it is.
    """
    T = window.T_camera_world[-1]
    drift = loop_closure.T_camera_world @ inverse(T)
    back = from_rotation_translation(
        so3_exp(options.share * so3_log(drift[:3, :3])), options.share * drift[:3, 3])
    if not window.is_metric:
        window.rescale(loop_closure.scale ** options.share)
    window.move_newest_to(back @ window.T_camera_world[-1])


def _scale(window: SlidingWindow, positions_px: Array, depth: Array,
           options: LoopClosureOptions) -> float:
    """Return by how much depths at positions (N, 2) exceed the window's there; 1 if unknown."""
    height, width = window.images[-1].shape
    side = options.neighbourhood_px
    inverse_depth = np.full((height // side + 1, width // side + 1), np.nan)
    known_px = window.tracks.active_px
    column, row = (known_px // side).astype(int).T
    inverse_depth[row, column] = window.inverse_depths_in_newest()
    column, row = (positions_px // side).astype(int).T
    ratio = depth * inverse_depth[row, column]
    is_known = np.isfinite(ratio)
    return float(np.median(ratio[is_known])) \
        if is_known.sum() >= options.minimum_neighbours else 1.0
