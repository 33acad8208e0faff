# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Odom never jumps (REP-105), whatever refinement, loss, recovery or a new map bring."""

from clips import Clip, run, with_picture
import numpy as np
import pytest
from simulated_runs import Step, steps_of, units_per_metre

from anycam_ros.geometry.se3 import Array, so3_log
from anycam_ros.odometry import OdometryEstimate, TrackingState

pytestmark = pytest.mark.slow

SIGMAS = 5.0
BRIEFLY, LONG = range(40, 46), range(36, 62)     # a map is given up after 0.7 s
PUBLISHED = (TrackingState.INITIALIZING, TrackingState.TRACKING, TrackingState.DEGRADED)
TRACKED = (TrackingState.TRACKING, TrackingState.DEGRADED)


def estimates_with_covered_lens(walk: Clip, covered: range) -> list[OdometryEstimate]:
    frames = walk.frames
    for index in covered:
        frames[index] = with_picture(frames[index], np.zeros_like(frames[index].image_rgb))
    return run(frames)


def steps(walk: Clip, estimates: list[OdometryEstimate],
          statuses: tuple[TrackingState, ...]) -> list[Step]:
    poses = [rendered.T_world_camera for rendered in walk.rendered]
    return steps_of(estimates, poses, walk.frames, statuses)


def length(T: Array) -> float:
    return float(np.linalg.norm(T[:3, 3]))


def turn_rad(T: Array) -> float:
    return float(np.linalg.norm(so3_log(T[:3, :3])))


@pytest.fixture(scope='module', params=['in view', 'covered briefly', 'covered long'])
def estimates(request: pytest.FixtureRequest, walk: Clip,
              walk_estimates: list[OdometryEstimate]) -> list[OdometryEstimate]:
    if request.param == 'in view':
        return walk_estimates
    covered = BRIEFLY if request.param == 'covered briefly' else LONG
    found = estimates_with_covered_lens(walk, covered)
    assert sum(estimate.status == TrackingState.LOST for estimate in found) >= len(covered)
    assert found[-1].status in TRACKED
    return found


def test_no_step_is_longer_than_the_motion_and_five_stds(
        walk: Clip, estimates: list[OdometryEstimate]) -> None:
    assert any(estimate.is_key_frame for estimate in estimates)
    unit = units_per_metre(steps(walk, estimates, TRACKED))
    published = steps(walk, estimates, PUBLISHED)
    for size, scale, part in ((length, unit, slice(0, 3)), (turn_rad, 1.0, slice(3, 6))):
        longest = scale * max(size(step.T_true) for step in published)
        # The usual deviation: a jump that says of itself how large it is would still be one.
        std = np.median([np.sqrt(np.trace(step.covariance[part, part]))
                         for step in published])
        assert std < 0.3 * longest
        for step in published:
            assert size(step.T_before_now) < longest + SIGMAS * std


def test_each_step_in_view_is_the_motion_up_to_five_stds(
        walk: Clip, walk_estimates: list[OdometryEstimate]) -> None:
    tracked = steps(walk, walk_estimates, TRACKED)
    unit = units_per_metre(tracked)
    for step in tracked:
        error = step.error(unit)
        for part in (slice(0, 3), slice(3, 6)):
            assert np.linalg.norm(error[part]) \
                < SIGMAS * np.sqrt(np.trace(step.covariance[part, part]))
