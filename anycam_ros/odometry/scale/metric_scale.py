# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion in metres, where a scale source is configured."""

from dataclasses import replace
import math
from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.common.log_scale import LogScaleFilter
from anycam_ros.frontend.motion_estimate import (
    ARBITRARY_UNIT,
    LengthUnit,
    MotionEstimate,
    TrackingState,
)
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import rescaled
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.odometry.scale.ground_scale import GroundScale
from anycam_ros.odometry.scale.scale_source import ScaleSource, Step
from anycam_ros.odometry.scale.speed_scale import SpeedScale
from anycam_ros.odometry.scale.speeds import SpeedHistory

SURE_OF_MOTION = 0.5             # stated deviations, which are mostly those of the whole map


class ScaledMotion(NamedTuple):
    """Hold a motion in the unit of odom."""

    motion: MotionEstimate
    metres_per_unit: float    # of the map; 1 where it is metric by itself, NaN where arbitrary


def unscaled(motion: MotionEstimate) -> ScaledMotion:
    """Return a motion as the front end gives it."""
    return ScaledMotion(motion, math.nan if motion.unit == ARBITRARY_UNIT else 1.0)


class MetricScale:
    """Multiply motion with metres per unit of the map.

    Only what comes later is multiplied, so that the pose never jumps when a scale becomes known.
    """

    def __init__(self, name: str, source: ScaleSource, log_scale: LogScaleFilter) -> None:
        """Take a source, its name, and the scale as far as it is known."""
        self._name, self._source, self._log_scale = name, source, log_scale
        self._is_new_map = True
        self._focal_px = math.nan

    def in_metres(self, step: Step) -> ScaledMotion:
        """Return the motion of a step in metres, as far as these are known."""
        motion = step.motion
        if motion.status == TrackingState.INITIALIZING:
            self._leave_map()
        elif motion.status != TrackingState.LOST:
            self._learn(step)
        if not self._log_scale.is_known:
            return unscaled(motion)
        factor = self._log_scale.metres_per_unit
        unit = LengthUnit(self._name if self._log_scale.is_held else 'propagated',
                          math.hypot(self._log_scale.std,
                                     self._source.common_std(step.focal)))
        return ScaledMotion(_multiplied(motion, factor, unit), factor)

    def _leave_map(self) -> None:
        """Propagate the scale to the next map."""
        if not self._is_new_map:
            self._log_scale.propagate()
            self._source.forget_motion()
        self._is_new_map = True

    def _learn(self, step: Step) -> None:
        self._is_new_map = False
        self._observe_focal(step.focal.focal_px)
        distance = np.linalg.norm(step.motion.T_previous_camera[:3, 3])
        std = math.sqrt(np.trace(step.motion.covariance[:3, :3]))
        if distance > SURE_OF_MOTION * std:
            self._log_scale.drift(step.motion.elapsed_s)
        for sample in self._source.samples(step):
            self._log_scale.add(sample.log_scale, sample.std)

    def _observe_focal(self, focal_px: float) -> None:
        """Take note of the focal length: another one changes the map, and with it the unit."""
        if math.isfinite(self._focal_px):
            self._log_scale.loosen(abs(math.log(focal_px / self._focal_px)))
        self._focal_px = focal_px


def make_scale(config: OdometryConfig, camera: ProcessingCamera,
               speeds: SpeedHistory, log_scale: LogScaleFilter) -> MetricScale | None:
    """Return the scale that config.scale_source names; None where depth gives metres, or none."""
    if config.scale_source == 'topic':
        return MetricScale('topic', SpeedScale(speeds), log_scale)
    if config.scale_source == 'camera_height':
        return MetricScale('camera_height', GroundScale(config.camera_height_m, camera),
                           log_scale)
    return None


def _multiplied(motion: MotionEstimate, factor: float, unit: LengthUnit) -> MotionEstimate:
    """Return the motion with every length multiplied, in another unit."""
    units = np.repeat([factor, 1.0], 3)
    return replace(motion, T_previous_camera=rescaled(motion.T_previous_camera, factor),
                   covariance=motion.covariance * np.outer(units, units), unit=unit)
