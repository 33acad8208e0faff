# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion to a frame whose pose is known, with all that makes its covariance."""

from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    correction_covariance,
    CovarianceOptions,
    key_frame_covariance,
    motion_covariance,
    pose_noise,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.geometry.se3 import Array


class CameraMotion(NamedTuple):
    """Hold the motion since the last frame that was found."""

    T_previous_camera: Array    # (4, 4) with a part of the pending correction
    covariance: Array           # (6, 6) linear, angular, in the camera
    elapsed_s: float


def move_camera(state: CameraState, tracking: TrackingResult, stamp_s: float,
                local_map: LocalMap, options: CovarianceOptions, *, status: TrackingState,
                focal_variance: float) -> CameraMotion:
    """Move the camera on to a frame whose pose is known; the map remembers how fast.

    It does so where the pose is sound. focal_variance is that of the log focal length.
    """
    T_previous_camera = state.motion_to(tracking)
    covariance = motion_covariance(tracking, state.tracking, T_previous_camera, focal_variance,
                                   options)
    if state.tracking is None and state.noise is not None:
        covariance += key_frame_covariance(state.noise, T_previous_camera)
    state.noise = pose_noise(tracking, options)
    if status is TrackingState.TRACKING:
        local_map.remember_motion(float(np.linalg.norm(T_previous_camera[:3, 3])),
                                  stamp_s - state.stamp_s)
    if status is not TrackingState.INITIALIZING:
        covariance += local_map.covariance_of(T_previous_camera)
    T_corrected, elapsed_s = state.move(tracking, stamp_s, local_map.scene_inverse_depth)
    covariance += correction_covariance(T_previous_camera, T_corrected)
    return CameraMotion(T_corrected, covariance, elapsed_s)
