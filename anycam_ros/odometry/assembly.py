# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The estimate of a frame, joined from what each part of the odometry knows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from anycam_ros.frontend.front_end import FocalKnowledge
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.frontend.reason import Reason
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.focal_candidates import focal_candidates
from anycam_ros.geometry.se3 import so3_log
from anycam_ros.odometry.estimate import OdometryEstimate, WhatMoves
from anycam_ros.odometry.frame import Frame
from anycam_ros.odometry.pose_integrator import PoseIntegrator
from anycam_ros.odometry.scale.metric_scale import ScaledMotion
from anycam_ros.odometry.scale_error import scale_covariance


@dataclass(frozen=True, eq=False, kw_only=True)
class FrameResult:
    """Hold what the parts of the odometry say about one frame."""

    frame: Frame
    scaled: ScaledMotion           # motion, mask, status and unit
    interval_s: float              # since the frame before
    reason: Reason                 # of the status, frame gaps included
    missing_frames: int
    pose: PoseIntegrator           # the motion is part of it
    focal: FocalKnowledge
    camera: ProcessingCamera       # of the working image
    raw_intrinsics: Intrinsics     # given, or assumed at the start
    timings_ms: Mapping[str, float]


def assemble_estimate(result: FrameResult) -> OdometryEstimate:
    """Return the estimate for a frame; what moves in it is joined when the frame is finished."""
    frame, motion, focal = result.frame, result.scaled.motion, result.focal
    T, unit = motion.T_previous_camera, motion.unit
    twist = np.concatenate([T[:3, :3].T @ T[:3, 3], so3_log(T[:3, :3])])
    twist_covariance = motion.covariance + scale_covariance(twist[:3], unit.std)
    # The first image that shows anything is its own reference: no time passed since that.
    elapsed_s = max(motion.elapsed_s, result.interval_s)
    pixel_scale = result.camera.scale_to(frame.width)
    focal_px = focal.focal_px * pixel_scale
    focal_source = 'given' if focal.is_given else 'estimated' if focal.is_observed else 'prior'
    return OdometryEstimate(
        stamp_s=frame.stamp_s, status=motion.status,
        cause=result.reason.cause, reason=result.reason.words,
        T_odom_camera=result.pose.T_odom_camera.copy(),
        pose_covariance=result.pose.covariance(unit.std),
        displacement=result.pose.displacement,
        twist=twist / elapsed_s,
        twist_covariance=twist_covariance / elapsed_s ** 2,
        intrinsics=result.raw_intrinsics if focal.is_given else Intrinsics.centred(
            frame.width, frame.height, focal_px),
        focal_std_px=np.inf if focal_source == 'prior' else focal_px * focal.relative_std,
        focal_source=focal_source,
        focal_candidates_px=focal_candidates() * frame.height,
        focal_log_probs=focal.log_probabilities(result.camera.intrinsics.height),
        what_moves=None,        # until the frame is finished
        scale_source=unit.source, metres_per_unit=result.scaled.metres_per_unit,
        scale_std=unit.std, static_share=motion.static_share,
        fixed_share=motion.fixed_share,
        is_key_frame=motion.is_key_frame, missing_frames=result.missing_frames,
        timings_ms=result.timings_ms)


def what_moves(motion: MotionEstimate, raw_shape: tuple[int, int],
               pixel_scale: float) -> WhatMoves | None:
    """Return what moves in a frame; pixel_scale is raw pixels per pixel of the working image."""
    if motion.uncertainty_px is None or motion.motion_mask is None:
        return None
    return WhatMoves(motion.uncertainty_px * np.float32(pixel_scale), motion.motion_mask,
                     raw_shape, motion.uncertainty_source)
