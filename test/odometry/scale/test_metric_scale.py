# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Motion becomes metric through speeds: without a jump, and through whatever happens to a map."""

from collections.abc import Iterator
from dataclasses import replace
import math

import numpy as np
import pytest

from anycam_ros.frontend.common.log_scale import LogScaleFilter
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.motion_estimate import MotionEstimate, TrackingState
from anycam_ros.frontend.reason import NO_REASON
from anycam_ros.geometry.se3 import Array, from_rotation_translation, so3_exp
from anycam_ros.odometry import Speed
from anycam_ros.odometry.scale.metric_scale import MetricScale, ScaledMotion
from anycam_ros.odometry.scale.scale_source import Image, Step
from anycam_ros.odometry.scale.speed_scale import SpeedScale
from anycam_ros.odometry.scale.speeds import SpeedHistory

RATE_HZ, SPEED_MPS, METRES_PER_UNIT = 10.0, 2.0, 5.0


def no_image() -> Image:
    raise AssertionError('speeds need no image')


def motion(step_m: float = SPEED_MPS / RATE_HZ, status: TrackingState = TrackingState.TRACKING, *,
           metres_per_unit: float = METRES_PER_UNIT, turn_rad: float = 0.0) -> MotionEstimate:
    T = from_rotation_translation(so3_exp(np.array([0.0, turn_rad, 0.0])),
                                  np.array([0.0, 0.0, step_m / metres_per_unit]))
    return MotionEstimate(status=status, reason=NO_REASON, T_previous_camera=T,
                          elapsed_s=1 / RATE_HZ, covariance=1e-8 * np.eye(6), static_share=1.0)


class Drive:
    """Drive with a camera at 10 Hz and a wheel sensor at 20 Hz, whose messages come late."""

    def __init__(self, late_s: float = 0.02) -> None:
        self.speeds = SpeedHistory()
        self.scale = MetricScale('topic', SpeedScale(self.speeds), LogScaleFilter())
        self.late_s = late_s
        self._frame = self._speed = 0

    def go(self, motions: list[MotionEstimate], speed_mps: float | None = SPEED_MPS) \
            -> list[ScaledMotion]:
        return list(self._go(motions, speed_mps))

    def _go(self, motions: list[MotionEstimate], speed_mps: float | None) \
            -> Iterator[ScaledMotion]:
        for each in motions:
            self._frame += 1
            stamp_s = self._frame / RATE_HZ
            while self._speed / 20 <= stamp_s - self.late_s:
                if speed_mps is not None:
                    self.speeds.add(Speed(self._speed / 20, speed_mps))
                self._speed += 1
            yield self.scale.in_metres(Step(each, stamp_s, no_image, FocalState(400.0)))


def length(estimate: ScaledMotion) -> float:
    return float(np.linalg.norm(estimate.motion.T_previous_camera[:3, 3]))


def in_units(estimates: list[ScaledMotion]) -> Array:
    return np.array([length(estimate) * METRES_PER_UNIT for estimate in estimates])


@pytest.mark.parametrize('late_s', [0.02, 0.6])
def test_steps_are_metric_from_when_the_scale_is_known(late_s: float) -> None:
    estimates = Drive(late_s).go([motion()] * 50)
    known = [estimate.motion.unit.source == 'topic' for estimate in estimates]
    first = known.index(True)
    assert all(known[first:])
    assert 10 < first < 35
    assert [length(estimate) for estimate in estimates[first:]] \
        == pytest.approx([0.2] * (50 - first), rel=0.01)
    assert {estimate.motion.unit.source for estimate in estimates[:first]} == {'none'}
    assert {estimate.motion.unit.std for estimate in estimates[:first]} == {math.inf}
    assert [length(estimate) for estimate in estimates[:first]] == pytest.approx([0.04] * first)
    assert 0.005 < estimates[-1].motion.unit.std < 0.05
    assert math.isnan(estimates[0].metres_per_unit)
    assert estimates[-1].metres_per_unit == pytest.approx(METRES_PER_UNIT, rel=0.01)


def test_covariance_is_metric_too() -> None:
    estimate = Drive().go([motion()] * 50)[-1]
    assert np.sqrt(np.diag(estimate.motion.covariance)) \
        == pytest.approx([5e-4] * 3 + [1e-4] * 3, rel=0.01)


def test_wheels_that_slip_or_report_nothing() -> None:
    drive, rng = Drive(), np.random.default_rng(0)
    drive.go([motion()] * 40)
    estimates = []
    for _ in range(10):
        estimates += drive.go([motion()] * 10, SPEED_MPS * (1 + 0.01 * rng.standard_normal()))
        estimates += drive.go([motion()] * 2, float(rng.choice([0.0, 1.7 * SPEED_MPS])))
    assert [length(estimate) for estimate in estimates] == pytest.approx([0.2] * 120, rel=0.07)


def test_a_scale_without_speeds_is_propagated() -> None:
    drive = Drive()
    drive.go([motion()] * 40)
    standing = drive.go([motion(step_m=0.0)] * 50, speed_mps=0.0)
    assert {estimate.motion.unit.source for estimate in standing} == {'topic'}
    blind = drive.go([motion()] * 60, speed_mps=None)
    assert blind[-1].motion.unit.source == 'propagated'
    assert length(blind[-1]) == pytest.approx(0.2, rel=0.03)
    assert blind[-1].motion.unit.std > 2 * standing[-1].motion.unit.std
    assert drive.go([motion()] * 10)[-1].motion.unit.source == 'topic'


def test_a_new_map_has_about_the_same_unit() -> None:
    drive = Drive()
    drive.go([motion()] * 40)
    drive.go([motion(0.0, TrackingState.LOST)] * 3)
    assert drive.go([motion()])[-1].motion.unit.source == 'topic'
    between = drive.go([motion(0.0, TrackingState.INITIALIZING)] * 10)
    assert {estimate.motion.unit.source for estimate in between} == {'propagated'}
    after = drive.go([motion(metres_per_unit=6.0)] * 30)
    assert after[0].motion.unit.source == 'propagated'
    assert length(after[0]) == pytest.approx(0.2 * 5 / 6, rel=0.01)
    assert after[0].motion.unit.std > 0.3
    assert after[-1].motion.unit.source == 'topic'
    assert length(after[-1]) == pytest.approx(0.2, rel=0.01)


def test_a_camera_that_turns_beside_the_axle_says_little() -> None:
    """It moves otherwise than the axle, whose speed is known."""
    drive = Drive()
    estimates = drive.go([motion(0.02, turn_rad=0.1)] * 60, speed_mps=0.1)
    assert {estimate.motion.unit.source for estimate in estimates} == {'none'}


def test_another_focal_length_makes_the_scale_less_sure() -> None:
    drive = Drive()
    before = drive.go([motion()] * 40)[-1]
    step = Step(replace(motion()), 4.1, no_image, FocalState(480.0))
    assert drive.scale.in_metres(step).motion.unit.std > before.motion.unit.std + 0.1
