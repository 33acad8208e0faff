# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The refined past is nearer to the truth than what was published, and hangs on the present."""

from clips import Clip, render_clip, WIDTH, with_picture
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.evaluation.metrics import absolute_error
from anycam_ros.evaluation.trajectory_score import path_ratio
from anycam_ros.odometry import Frame, TrackingState, VisualOdometry
from anycam_ros.simulation.rendered_scene import camera_pose

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def there_and_back() -> Clip:
    """Return a way sideways and back."""
    return render_clip(lambda s: camera_pose(0.0, 0.9 * np.sin(1.5 * s), 1.35, yaw_rad=0.0), 120)


def positions_by_stamp(odometry: VisualOdometry) -> dict[float, NDArray[np.float64]]:
    return {pose.stamp_s: pose.T_odom_camera[:3, 3] for pose in odometry.refined_trajectory()}


def test_past_is_refined_and_ends_at_the_present(there_and_back: Clip) -> None:
    odometry, published = VisualOdometry(), {}
    assert odometry.refined_trajectory() == []
    for frame in there_and_back.frames:
        estimate = odometry.process(frame)
        if estimate is not None:
            published[frame.stamp_s] = estimate.T_odom_camera[:3, 3]
    refined = positions_by_stamp(odometry)
    assert len(refined) >= 8
    stamps_s = list(refined)
    assert stamps_s == sorted(stamps_s)
    truth = {rendered.stamp_s: rendered.T_world_camera[:3, 3]
             for rendered in there_and_back.rendered}
    stamps_s = [stamp_s for stamp_s in stamps_s if stamp_s in published]
    paths = [np.array([path[stamp_s] for stamp_s in stamps_s])
             for path in (refined, published, truth)]
    after, before = (absolute_error(path, paths[2]) for path in paths[:2])
    assert after < 1.05 * before
    assert path_ratio(paths[0], paths[2]) == pytest.approx(1, abs=0.15)
    last_s = stamps_s[-1]
    step = np.linalg.norm(np.diff([published[stamp_s] for stamp_s in stamps_s], axis=0), axis=1)
    assert np.linalg.norm(refined[last_s] - published[last_s]) < step.max()


def test_past_survives_a_loss_and_a_new_map(there_and_back: Clip) -> None:
    frames = there_and_back.frames
    noise = np.random.default_rng(0)
    odometry = VisualOdometry()
    for frame in frames[:60]:
        odometry.process(frame)
    before = positions_by_stamp(odometry)
    statuses = []
    for index in range(60, 90):
        other = noise.integers(0, 255, frames[0].image_rgb.shape).astype(np.uint8)
        statuses.append(odometry.process(with_picture(frames[index], other)).status)
    assert statuses[-1] is TrackingState.LOST
    for frame in frames[90:]:
        odometry.process(frame)
    after = positions_by_stamp(odometry)
    assert set(before) <= set(after)
    length = np.linalg.norm(list(before.values())[-1] - next(iter(before.values())))
    for stamp_s, position in before.items():
        assert np.linalg.norm(after[stamp_s] - position) < 0.2 * length


def test_restart_begins_a_new_past(there_and_back: Clip) -> None:
    odometry = VisualOdometry()
    for frame in there_and_back.frames[:40]:
        odometry.process(frame)
    assert odometry.refined_trajectory()
    odometry.restart()
    assert odometry.refined_trajectory() == []
    odometry.process(Frame(0.0, np.zeros((WIDTH, WIDTH, 3), np.uint8)))
    assert odometry.refined_trajectory() == []
