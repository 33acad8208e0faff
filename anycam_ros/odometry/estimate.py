# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What comes out of the odometry for one frame: all that any output needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.frontend.reason import Cause
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry.image_size import raw_map, raw_mask


class StampedPose(NamedTuple):
    """Hold where the camera was, in odom."""

    stamp_s: float
    T_odom_camera: NDArray[np.float64]         # (4, 4)


class WhatMoves(NamedTuple):
    """Hold what moves by itself in a frame, in the size in which it was found."""

    uncertainty_px: NDArray[np.float32]        # (h, w) unexplained flow, pixels of the raw image
    motion_mask: NDArray[np.uint8]             # (h, w) of any other size, 255 where things move
    raw_shape: tuple[int, int]                 # (H, W) of the raw image
    source: str                                # 'epipolar', 'network' or 'anycam'


@dataclass(frozen=True, eq=False)
class OdometryEstimate:
    """Hold the estimate for one frame.

    T_odom_camera maps points of the camera (optical axes: x right, y down, z forward) into odom,
    which has body axes (x forward, y left, z up) as the first view had them (REP-103). Lengths
    are in an arbitrary but constant unit while scale_source is 'none', in metres when it is
    'depth', 'topic' or 'camera_height', and when it is 'propagated' in what has become of these
    metres since they were last held. Metres begin where they become known: the path up to there
    keeps its unit, so that the pose does not jump.
    Covariances and twist have the order of nav_msgs (linear x y z, angular x y z): the pose
    covariance in the axes of odom, twist and its covariance in the axes of the camera. Their
    linear part is in the unit of the lengths. While that is arbitrary, scale_deviation is
    infinite and the covariances say how well lengths are known in it: where to, and how far
    compared with before, but nothing of metres. With a scale, its deviation is part of them.
    """

    stamp_s: float
    status: TrackingState
    cause: Cause                               # why not TRACKING; NONE when TRACKING
    reason: str                                # the same in words; empty when TRACKING
    T_odom_camera: NDArray[np.float64]         # (4, 4)
    pose_covariance: NDArray[np.float64]       # (6, 6)
    displacement: NDArray[np.float64]          # (3,) from where the pose was set last, in odom
    twist: NDArray[np.float64]                 # (6,) per second
    twist_covariance: NDArray[np.float64]      # (6, 6)
    intrinsics: Intrinsics                     # of the raw image, as used for this frame
    focal_std_px: float                        # inf while unobserved
    focal_source: str                          # 'prior', 'estimated' or 'given'
    focal_candidates_px: NDArray[np.float64]   # (32,) of the raw image
    focal_log_probs: NDArray[np.float64]       # (32,)
    what_moves: WhatMoves | None               # None: LOST, or not finished
    scale_source: str                          # none, depth, topic, camera_height or propagated
    metres_per_unit: float                     # of the map; 1: metric by itself; NaN: arbitrary
    scale_std: float                     # relative, of metres per unit; inf: arbitrary unit
    static_share: float                        # share of the picture that follows the camera
    fixed_share: float                         # share of it that never moves against the frame
    is_key_frame: bool
    missing_frames: int                        # before this one, as the stamps tell
    timings_ms: Mapping[str, float]            # per stage, and 'total'

    @cached_property
    def uncertainty(self) -> NDArray[np.float32] | None:
        """Return the flow (H, W) that the motion leaves unexplained, raw size, px; None: LOST."""
        moves = self.what_moves
        return None if moves is None else raw_map(moves.uncertainty_px, moves.raw_shape)

    @property
    def uncertainty_source(self) -> str:
        """Return what told what moves: 'epipolar', 'network' or 'anycam'; empty while LOST."""
        return '' if self.what_moves is None else self.what_moves.source

    @cached_property
    def motion_mask(self) -> NDArray[np.uint8] | None:
        """Return the mask (H, W) of what moves by itself, 255, raw size; None: LOST."""
        moves = self.what_moves
        return None if moves is None else raw_mask(moves.motion_mask, moves.raw_shape)
