# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The speed over the time between two images, from messages at a rate of their own."""

import math

import pytest

from anycam_ros.errors import SpeedError
from anycam_ros.odometry import Speed
from anycam_ros.odometry.scale.speeds import SpeedHistory


def history(*speeds: Speed) -> SpeedHistory:
    out = SpeedHistory()
    for speed in speeds:
        out.add(speed)
    return out


def growing(start_s: float = 0.0, rate_hz: float = 20.0) -> list[Speed]:
    """Return a speed that grows by 1 m/s each second, for two seconds."""
    stamps_s = [index / rate_hz for index in range(int(2 * rate_hz) + 1)]
    return [Speed(start_s + stamp_s, stamp_s) for stamp_s in stamps_s]


def test_speed_between_the_messages() -> None:
    speed = history(*growing()).over(0.51, 0.73)
    assert speed is not None
    assert speed.speed_mps == pytest.approx(0.62)


def test_messages_may_come_in_any_order() -> None:
    assert history(*growing()[::-1]).over(0.5, 0.7) == history(*growing()).over(0.5, 0.7)


def test_a_short_fault_is_no_part_of_it() -> None:
    speeds = growing()
    speeds[12] = Speed(speeds[12].stamp_s, 0.0)
    speed = history(*speeds).over(0.5, 0.7)
    assert speed is not None
    assert speed.speed_mps == pytest.approx(0.6, abs=0.03)


def test_no_speed_before_the_first_and_after_the_last_message() -> None:
    speeds = history(*growing())
    assert speeds.over(-0.1, 0.1) is None
    assert speeds.over(1.9, 2.1) is None
    assert (speeds.reaches(2.0), speeds.reaches(2.1)) == (True, False)


def test_no_speed_across_a_gap() -> None:
    speeds = growing()
    assert history(*speeds[:12], *speeds[24:]).over(0.5, 0.7) is None


def test_a_clock_that_was_set_back_starts_anew() -> None:
    speeds = history(*growing(100.0), *growing())
    assert speeds.over(100.5, 100.7) is None
    assert speeds.over(0.5, 0.7) is not None


def test_a_source_without_stamps_fills_no_memory() -> None:
    speeds = history(*[Speed(0.0, float(index)) for index in range(1000)])
    assert len(speeds) == 1


def test_stated_std_is_kept_and_else_a_usual_one_is_taken() -> None:
    stated = history(*[Speed(speed.stamp_s, 2.0, 0.3) for speed in growing()]).over(0.5, 0.7)
    unstated = history(*[Speed(speed.stamp_s, 2.0) for speed in growing()]).over(0.5, 0.7)
    assert stated is not None
    assert unstated is not None
    assert (stated.std_mps, unstated.std_mps) == (0.3, pytest.approx(0.1))


@pytest.mark.parametrize('speed', [(0.0, -1.0), (0.0, math.nan), (0.0, 1.0, math.inf),
                                   (0.0, 1e300), (math.nan, 1.0)])
def test_what_no_sensor_measures_is_refused(speed: tuple[float, ...]) -> None:
    with pytest.raises(SpeedError, match='number'):
        Speed(*speed)
