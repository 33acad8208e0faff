# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A frame that is refused leaves no trace: what follows is as if it had never come."""

from dataclasses import replace

from clips import Clip, poses, run
import numpy as np
import pytest

from anycam_ros.errors import FrameError, StampError
from anycam_ros.odometry import Frame, OdometryConfig, OdometryEstimate, VisualOdometry

SMALL = np.zeros((240, 320, 3), np.uint8)


def test_refused_frames_leave_no_trace(walk: Clip, walk_estimates: list[OdometryEstimate]) -> None:
    odometry = VisualOdometry()
    frames = walk.frames[:30]
    estimates = []
    for index, frame in enumerate(frames):
        estimate = odometry.process(frame)
        if estimate is not None:
            estimates.append(estimate)
        with pytest.raises(StampError):
            odometry.process(frame)
        if index > 0:
            with pytest.raises(StampError):
                odometry.process(frames[index - 1])
        with pytest.raises(FrameError):
            odometry.process(Frame(frame.stamp_s + 0.01, SMALL))
    assert poses(estimates) == poses(walk_estimates[:29])
    assert estimates[-1].pose_covariance.tobytes() \
        == walk_estimates[28].pose_covariance.tobytes()
    assert estimates[-1].motion_mask.tobytes() == walk_estimates[28].motion_mask.tobytes()


def test_stamp_error_names_both_stamps_and_the_way_out(walk: Clip) -> None:
    odometry = VisualOdometry()
    odometry.process(walk.frame(0, stamp_s=12.5))
    with pytest.raises(StampError, match=r'12\.250000 s is not after .* 12\.5.*restart\(\)'):
        odometry.process(walk.frame(1, stamp_s=12.25))
    with pytest.raises(StampError, match=r'12\.500000'):
        odometry.process(walk.frame(1, stamp_s=12.5))


def test_size_change_names_both_sizes_and_the_way_out(walk: Clip) -> None:
    odometry = VisualOdometry()
    odometry.process(walk.frame(0))
    with pytest.raises(FrameError, match=r"320x240 px, the stream's is 448x336 px.*restart\(\)"):
        odometry.process(Frame(1.0, SMALL))


@pytest.mark.parametrize('already_seen', [0, 3])
def test_missing_intrinsics_are_not_replaced_by_a_guess(walk: Clip, already_seen: int) -> None:
    odometry = VisualOdometry(OdometryConfig(intrinsics='given'))
    run(walk.frames[:already_seen], odometry)
    with pytest.raises(FrameError, match=r"'given', but the frame has none.*'estimate'"):
        odometry.process(replace(walk.frame(already_seen), intrinsics=None))
    assert (odometry.process(walk.frame(already_seen)) is None) == (already_seen == 0)
