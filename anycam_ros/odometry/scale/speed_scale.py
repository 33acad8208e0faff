# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scale from speeds: how far the camera went in metres, and in units of the map."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
import math

import numpy as np

from anycam_ros.frontend.front_end import FocalKnowledge
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.geometry.se3 import Array, so3_log
from anycam_ros.messages.speed import Speed
from anycam_ros.odometry.scale.scale_source import ScaleSample, Step
from anycam_ros.odometry.scale.speeds import SpeedHistory

STRETCH_S = 0.2                  # shorter ones are of the size of their error
STRAIGHTNESS = 0.8               # of chord to path; the speed tells of the path alone
LEVER_ARM_M = 0.3                # about what the camera is away from where the speed is measured
# Most of the error of a step is that of the map, the same for its neighbours, and so a part of the
# scale. Along recordings, samples scatter by less than this share of what the covariance states.
OWN_SHARE = 0.2
MAXIMUM_STD = 0.3          # of the logarithm of a sample
CALIBRATION = 0.01               # relative, of a wheel's circumference
WAITING_STRETCHES = 50           # for speeds that come late


@dataclass
class _Stretch:
    """Hold a part of the way: its motion, the length of its steps, and the last step's error."""

    start_s: float
    end_s: float
    T_start_end: Array = field(default_factory=lambda: np.eye(4))
    path: float = 0.0
    covariance: Array = field(default_factory=lambda: np.zeros((3, 3)))

    def extend(self, motion: MotionEstimate, stamp_s: float) -> None:
        T = motion.T_previous_camera
        self.T_start_end = self.T_start_end @ T
        self.path += float(np.linalg.norm(T[:3, 3]))
        # Steps are found against the map: their errors do not add up.
        self.covariance = motion.covariance[:3, :3]
        self.end_s = stamp_s


class SpeedScale:
    """Compare the motion with measured speeds, as soon as these have come."""

    def __init__(self, speeds: SpeedHistory) -> None:
        """Take the speeds, to which new ones are added as they come."""
        self._speeds = speeds
        self._stretch: _Stretch | None = None
        self._waiting: deque[_Stretch] = deque(maxlen=WAITING_STRETCHES)

    def forget_motion(self) -> None:
        """Drop what was in the unit of an earlier map."""
        self._stretch = None
        self._waiting.clear()

    def common_std(self, _focal: FocalKnowledge) -> float:
        """Return what all samples have wrong alike, relative; standard deviation."""
        return CALIBRATION

    def samples(self, step: Step) -> Iterator[ScaleSample]:
        """Take in the next step; return what became known of the scale."""
        if self._stretch is None:
            self._stretch = _Stretch(step.stamp_s - step.motion.elapsed_s, step.stamp_s)
        self._stretch.extend(step.motion, step.stamp_s)
        if step.stamp_s - self._stretch.start_s >= STRETCH_S:
            self._waiting.append(self._stretch)
            self._stretch = None
        while self._waiting and self._speeds.reaches(self._waiting[0].end_s):
            stretch = self._waiting.popleft()
            speed = self._speeds.over(stretch.start_s, stretch.end_s)
            sample = None if speed is None else _compare(stretch, speed)
            if sample is not None:
                yield sample


def _compare(stretch: _Stretch, speed: Speed) -> ScaleSample | None:
    """Return the scale that a stretch shows; None where it is too short, bent or uncertain."""
    chord = float(np.linalg.norm(stretch.T_start_end[:3, 3]))
    if speed.speed_mps == 0 or chord < STRAIGHTNESS * stretch.path or chord == 0:
        return None
    seconds = stretch.end_s - stretch.start_s
    direction = stretch.T_start_end[:3, :3].T @ stretch.T_start_end[:3, 3] / chord
    variance = max(float(direction @ stretch.covariance @ direction), 0.0)
    motion_std = OWN_SHARE * math.sqrt(variance) / chord
    turn_rad = float(np.linalg.norm(so3_log(stretch.T_start_end[:3, :3])))
    lever_mps = LEVER_ARM_M * turn_rad / seconds
    std = math.hypot(
        motion_std, math.hypot(speed.std_mps, lever_mps) / speed.speed_mps)
    if std > MAXIMUM_STD:
        return None
    return ScaleSample(math.log(speed.speed_mps * seconds / chord), std)
