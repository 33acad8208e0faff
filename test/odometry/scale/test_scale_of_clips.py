# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lengths are metres on a rendered drive and on a recorded one; the pose never jumps."""

from collections.abc import Iterator
from pathlib import Path

from clips import Clip, positions, run
import numpy as np
import pytest
from trajectory_scores import recorded_truth, score_estimates

from anycam_ros.evaluation.metrics import absolute_error, align
from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry import (
    Frame,
    OdometryConfig,
    OdometryEstimate,
    Speed,
    TrackingState,
    VisualOdometry,
)
from anycam_ros.recordings.readers.image_folder import SequenceFolder
from anycam_ros.simulation.rendered_scene import CameraPath, RenderedScene
from anycam_ros.simulation.rendered_scene.camera_paths import camera_pose

pytestmark = pytest.mark.slow

Estimates = list[OdometryEstimate]
HEIGHT_M, SPEED_MPS = 0.4, 0.5
RATE_HZ, SPEED_RATE_HZ = 10.0, 50.0


def drive(time_s: float) -> Array:
    """Drive through the room like a small robot that looks a little down."""
    return camera_pose(-2.8 + SPEED_MPS * time_s, 0.0, HEIGHT_M, pitch_rad=0.15)


def drive_looking_up(time_s: float) -> Array:
    return camera_pose(-2.8 + SPEED_MPS * time_s, 0.0, 1.35, pitch_rad=-0.5)


def filmed(path: CameraPath, count: int) -> Clip:
    scene = RenderedScene(448, 336, path=path, moving=False, rate_hz=RATE_HZ)
    return Clip([scene.frame(index) for index in range(count)], scene.intrinsics)


@pytest.fixture(scope='module')
def driven() -> Clip:
    return filmed(drive, 45)


def speeds_along(stamps_s: Array, positions_m: Array) -> list[Speed]:
    """Return what a wheel sensor says: noise of 5 %, 5 % wrong, and half a second of nothing."""
    rng = np.random.default_rng(0)
    times_s = np.arange(stamps_s[0], stamps_s[-1], 1 / SPEED_RATE_HZ)
    at = np.stack([np.interp(times_s, stamps_s, column) for column in positions_m.T], axis=1)
    mps = np.linalg.norm(at[5:] - at[:-5], axis=1) * SPEED_RATE_HZ / 5
    mps *= 1 + 0.05 * rng.standard_normal(len(mps))
    wrong = rng.random(len(mps)) < 0.05
    mps[wrong] *= rng.uniform(1.5, 4.0, wrong.sum())
    mps[len(mps) // 2:len(mps) // 2 + 25] = 0.0
    return [Speed(float(time_s) + 2.5 / SPEED_RATE_HZ, float(speed))
            for time_s, speed in zip(times_s, np.abs(mps), strict=False)]


def run_with_speeds(frames: list[Frame], speeds: list[Speed],
                    odometry: VisualOdometry | None = None, **config: object) -> Estimates:
    odometry = odometry or VisualOdometry(OdometryConfig(scale_source='topic', **config))
    waiting = list(speeds)

    def fed() -> Iterator[Frame]:
        for frame in frames:
            while waiting and waiting[0].stamp_s < frame.stamp_s:
                odometry.add_speed(waiting.pop(0))
            yield frame

    return run(fed(), odometry)


def since_known(estimates: Estimates, truth_m: Array) -> tuple[Array, Array]:
    """Return estimated and true positions from when the scale was known; check the time before.

    No step on the way is longer than a metric one.
    """
    first = next(index for index, estimate in enumerate(estimates)
                 if estimate.scale_source != 'none')
    found = positions(estimates)
    steps, true_steps = (np.linalg.norm(np.diff(path, axis=0), axis=1)
                         for path in (found, truth_m))
    assert (steps < 1.3 * true_steps + 0.05 * np.median(true_steps)).all()
    assert not any(np.isfinite(estimate.scale_std) for estimate in estimates[:first])
    return found[first:], truth_m[first:]


def test_height_of_a_robots_camera(driven: Clip) -> None:
    estimates = run(driven.frames, intrinsics='given', scale_source='camera_height',
                    camera_height_m=HEIGHT_M)
    found, truth_m = since_known(estimates, driven.positions_m[1:])
    assert len(found) > 15
    assert align(found, truth_m).scale == pytest.approx(1, abs=0.05)
    last = estimates[-1]
    assert last.scale_source == 'camera_height'
    assert 0.01 < last.scale_std < 0.1
    assert last.metres_per_unit > 0
    forward_mps = [estimate.twist[2] for estimate in estimates[-len(found):]]
    assert np.median(forward_mps) == pytest.approx(SPEED_MPS, rel=0.05)


def test_speed_of_a_robot_with_an_unknown_camera(driven: Clip) -> None:
    stamps_s = np.arange(len(driven)) / RATE_HZ
    odometry = VisualOdometry(OdometryConfig(scale_source='topic'))
    estimates = run_with_speeds(driven.frames, speeds_along(stamps_s, driven.positions_m),
                                odometry)
    found, truth_m = since_known(estimates, driven.positions_m[1:])
    assert len(found) > 8
    assert align(found, truth_m).scale == pytest.approx(1, abs=0.03)
    assert estimates[-1].scale_source == 'topic'
    first, *_, last = odometry.refined_trajectory()
    assert np.linalg.norm(last.T_odom_camera[:3, 3] - first.T_odom_camera[:3, 3]) \
        == pytest.approx(SPEED_MPS * (last.stamp_s - first.stamp_s), rel=0.1)
    odometry.restart()
    anew = [estimate for estimate in run(driven.frames[20:35], odometry)
            if estimate.status == TrackingState.TRACKING]
    assert {estimate.scale_source for estimate in anew} == {'propagated'}
    assert anew[-1].twist[2] == pytest.approx(SPEED_MPS, rel=0.4)
    assert anew[-1].scale_std > 0.4


def test_no_ground_in_view_is_no_scale() -> None:
    clip = filmed(drive_looking_up, 20)
    estimates = run(clip.frames, intrinsics='given', scale_source='camera_height',
                    camera_height_m=1.35)
    assert estimates[-1].status == TrackingState.TRACKING
    assert {estimate.scale_source for estimate in estimates} == {'none'}
    assert np.isnan(estimates[-1].metres_per_unit)


@pytest.mark.parametrize('source', ['camera_height', 'topic'])
def test_recorded_drive(data_dir: Path, source: str) -> None:
    folder = data_dir / 'kitti00_000_150'
    frames = [frame.load() for frame, _ in zip(SequenceFolder(folder, calibrated=True), range(60),
                                               strict=False)]
    truth = np.loadtxt(folder / 'groundtruth.txt')
    if source == 'topic':
        estimates = run_with_speeds(frames, speeds_along(truth[:, 0], truth[:, 1:4]),
                                    intrinsics='given')
    else:
        estimates = run(frames, intrinsics='given', scale_source=source, camera_height_m=1.65)
    nearest = [np.abs(truth[:, 0] - estimate.stamp_s).argmin() for estimate in estimates]
    found, truth_m = since_known(estimates, truth[nearest, 1:4])
    assert align(found, truth_m).scale == pytest.approx(1, abs=0.03)
    assert absolute_error(found, truth_m, has_scale=False) < 0.4
    metric = estimates[-len(found):]
    score = score_estimates(metric, recorded_truth(folder, metric))
    assert score.path_ratio == pytest.approx(1, abs=0.1)
    assert score.turn_p95_deg < 5.0
