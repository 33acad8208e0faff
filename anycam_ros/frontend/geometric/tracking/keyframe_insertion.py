# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tracked frame becomes a key frame: the window is extended, refined, and shortened again."""

from anycam_ros.frontend.geometric.estimation.matching import lies_in
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.mapping.seeding import seed_tracks
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.geometric.segmentation.motion_mask import MotionMask
from anycam_ros.frontend.geometric.tracking.loop_closure import close_loop


def insert_keyframe(local_map: LocalMap, tracking: TrackingResult, stamp_s: float,
                    focal: FocalState, motion_mask: MotionMask, options: GeometricOptions, *,
                    refines: bool) -> None:
    """Make a tracked frame the newest key frame and refine the window.

    Tracks end, and none start, on what moves: with its depth free, a point of a large thing that
    moves along the epipolar lines fits any motion, and many such points bend the map.
    """
    window, moving = local_map.window, motion_mask.reached
    follows = tracking.is_inlier & ~lies_in(moving, tracking.matches.target_px)
    if follows.sum() < options.tracker.minimum_inliers:
        follows = tracking.is_inlier
    local_map.append_keyframe(tracking, follows, stamp_s)
    if refines:
        local_map.refine(focal, tracking.noise_px)
        close_loop(window, local_map.keyframe_database, options.loop_closure)
    if window.is_full:
        local_map.drop_oldest()
    seed_tracks(window, moving, options.seeding, tracking.pair.left_out)
