# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stream starts anew with another size or camera or a clock set back, and only then."""

from dataclasses import replace

import numpy as np
import pytest

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.node.inputs.stream_restart import restart_reason
from anycam_ros.odometry import Frame


def frame(stamp_s: float, height: int = 64, width: int = 80) -> Frame:
    return Frame(stamp_s, np.zeros((height, width, 3), np.uint8))


@pytest.mark.parametrize('later', [frame(10.03), frame(10.0), frame(9.5), frame(9.0), frame(1e9)])
def test_stream_goes_on(later: Frame) -> None:
    assert not restart_reason(frame(10.0), later)


@pytest.mark.parametrize(('later', 'reason'), [
    (frame(8.9), 'back by 1.100 s'), (frame(10.03, 80, 64), 'from 80x64 to 64x80')])
def test_stream_starts_anew(later: Frame, reason: str) -> None:
    assert reason in restart_reason(frame(10.0), later)


USED = Intrinsics(80, 64, 60.0, 60.0, 40.0, 32.0, (0.1, 0.0, 0.0, 0.0, 0.0))


@pytest.mark.parametrize(('change', 'is_other'), [
    ({'fx': 60.5}, False), ({'fx': 61.0}, True), ({'cy': 30.0}, True),
    ({'distortion': (0.2, 0.0, 0.0, 0.0, 0.0)}, True), ({'distortion': ()}, True),
    ({'distortion': (0.1, 0.0, 0.0, 0.0), 'distortion_model': 'equidistant'}, True)])
def test_other_calibration_is_another_camera(change: dict[str, object], is_other: bool) -> None:
    later = replace(frame(10.03), intrinsics=replace(USED, **change))
    assert ('camera_info changed' in restart_reason(frame(10.0), later, USED)) == is_other


def test_calibration_that_creeps_away_is_another_camera_in_the_end() -> None:
    before = replace(frame(10.0), intrinsics=replace(USED, fx=60.5))
    later = replace(frame(10.03), intrinsics=replace(USED, fx=60.9))
    assert restart_reason(before, later, USED)
