# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth makes the odometry metric; wrong depth does not break it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from clips import Clip, poses, positions, render_clip, run
import numpy as np
import pytest
from trajectory_scores import recorded_truth, score_estimates

from anycam_ros.evaluation.metrics import absolute_error, align
from anycam_ros.geometry.se3 import so3_log, T_BODY_OPTICAL
from anycam_ros.odometry import Frame, OdometryEstimate, TrackingState
from anycam_ros.recordings.readers.image_folder import SequenceFolder
from anycam_ros.simulation.rendered_scene import turning

pytestmark = pytest.mark.slow

Estimates = list[OdometryEstimate]
Change = Callable[[np.ndarray, int], 'np.ndarray | None']


def with_depth(clip: Clip, change: Change = lambda depth_m, _: depth_m) -> list[Frame]:
    """Return the frames with the depth that a depth camera measures, and what is made of it."""
    rng, frames = np.random.default_rng(0), []
    for index, frame in enumerate(clip.frames):
        true_m = clip.rendered[index].depth_m
        measured_m = true_m + 0.003 * true_m ** 2 * rng.standard_normal(true_m.shape)
        frames.append(replace(frame, depth_m=change(measured_m.astype(np.float32), index)))
    return frames


def scale(estimates: Estimates, clip: Clip, part: slice = slice(None)) -> float:
    """Return what estimated lengths must be multiplied with to be metres."""
    return align(positions(estimates)[part], clip.positions_m[1:][part]).scale


def lost(estimates: Estimates) -> int:
    return sum(estimate.status == TrackingState.LOST for estimate in estimates)


@pytest.fixture(scope='module')
def metric(walk: Clip) -> Estimates:
    return run(with_depth(walk), depth='topic')


def test_lengths_are_metres_from_the_first_pair_on(walk: Clip, metric: Estimates) -> None:
    assert {estimate.scale_source for estimate in metric} == {'depth'}
    assert {estimate.scale_std for estimate in metric} == {0.01}
    assert {estimate.status for estimate in metric} == {TrackingState.TRACKING}
    assert absolute_error(positions(metric), walk.positions_m[1:], has_scale=False) < 0.025
    score = score_estimates(metric, walk.true_poses[1:])
    assert score.path_ratio == pytest.approx(1, abs=0.1)
    assert score.scale_drift < 0.1
    assert score.turn_p95_deg < 1.0
    assert scale(metric, walk) == pytest.approx(1, abs=0.04)
    calibrated = run(with_depth(walk)[:12], depth='topic', intrinsics='given')
    step_m = np.linalg.norm(calibrated[-1].T_odom_camera[:3, 3])
    true_m = np.linalg.norm(walk.positions_m[11] - walk.positions_m[0])
    assert step_m == pytest.approx(true_m, rel=0.1)


def test_depth_shows_the_focal_length(walk: Clip, metric: Estimates) -> None:
    """The first guess is 21 % short."""
    assert metric[-1].intrinsics.fx == pytest.approx(walk.intrinsics.fx, rel=0.03)


def test_depth_that_nobody_asked_for_changes_nothing(walk: Clip,
                                                     walk_estimates: Estimates) -> None:
    assert poses(run(with_depth(walk)[:40])) == poses(walk_estimates[:39])


@pytest.mark.parametrize('unknown', [0.0, np.nan, np.inf])
def test_images_without_any_depth_are_as_good_as_none(
        walk: Clip, walk_estimates: Estimates, unknown: float) -> None:
    frames = with_depth(walk, lambda depth_m, _: np.full_like(depth_m, unknown))
    assert poses(run(frames[:40], depth='topic')) == poses(walk_estimates[:39])


def test_depth_of_every_third_frame_is_enough(walk: Clip) -> None:
    estimates = run(with_depth(walk, lambda depth_m, index: depth_m if index % 3 == 0 else None),
                    depth='topic')
    assert absolute_error(positions(estimates), walk.positions_m[1:], has_scale=False) < 0.025
    score = score_estimates(estimates, walk.true_poses[1:])
    assert score.path_ratio == pytest.approx(1, abs=0.1)
    assert score.turn_p95_deg < 1.0
    assert estimates[-1].scale_source == 'depth'


def test_scale_is_carried_on_when_depth_stops(walk: Clip) -> None:
    estimates = run(with_depth(walk, lambda depth_m, index: depth_m if index < 10 else None),
                    depth='topic')
    sources = [estimate.scale_source for estimate in estimates]
    assert sources[:9] == ['depth'] * 9
    assert scale(estimates, walk, slice(50, None)) == pytest.approx(1, abs=0.1)


def test_late_depth_makes_metres_of_what_follows_without_a_jump(walk: Clip) -> None:
    estimates = run(with_depth(walk, lambda depth_m, index: depth_m if index >= 40 else None),
                    depth='topic')
    sources = [estimate.scale_source for estimate in estimates]
    assert sources[:39] == ['none'] * 39
    begun = sources.index('depth')
    assert begun < 50
    assert scale(estimates, walk, slice(begun, None)) == pytest.approx(1, abs=0.06)
    steps = np.linalg.norm(np.diff(positions(estimates), axis=0), axis=1)
    true_steps_m = np.linalg.norm(np.diff(walk.positions_m[1:], axis=0), axis=1)
    assert (steps[begun - 5:begun + 10] < 3 * true_steps_m[begun - 5:begun + 10] + 0.01).all()


def upside_down(depth_m: np.ndarray, _: int) -> np.ndarray:
    return np.ascontiguousarray(depth_m[::-1, ::-1])


def constant(depth_m: np.ndarray, _: int) -> np.ndarray:
    return np.full_like(depth_m, 1.5)


def noise(depth_m: np.ndarray, index: int) -> np.ndarray:
    return np.random.default_rng(index).uniform(0.5, 5, depth_m.shape).astype(np.float32)


def swaying(depth_m: np.ndarray, index: int) -> np.ndarray:
    return np.asarray(depth_m * np.float32(np.exp(0.5 * np.sin(index / 7))))


@pytest.mark.parametrize('wrong', [upside_down, constant, noise, swaying])
def test_wrong_depth_does_not_break_the_odometry(walk: Clip, wrong: Change) -> None:
    estimates = run(with_depth(walk, wrong), depth='topic')
    assert lost(estimates) == 0
    way_m = np.linalg.norm(np.diff(walk.positions_m, axis=0), axis=1).sum()
    late = slice(45, None)
    score = score_estimates(estimates[late], walk.true_poses[1:][late])
    assert score.path_error_m < 0.05 * way_m
    # Before a wall at a wrong depth, all that stands seems to move, and counts less.
    assert score.path_ratio == pytest.approx(1, abs=0.4)
    assert score.turn_p95_deg < 8.0
    assert estimates[-1].intrinsics.fx == pytest.approx(walk.intrinsics.fx, rel=0.22)


def test_sensor_that_errs_for_a_while_does_not_take_the_map_along(walk: Clip) -> None:
    estimates = run(with_depth(walk, lambda depth_m, index: depth_m * np.float32(
        2 if 40 <= index < 52 else 1)), depth='topic')
    for part in (slice(40, 54), slice(50, None)):
        assert scale(estimates, walk, part) == pytest.approx(1, abs=0.1)


def test_camera_that_stands_with_depth_stands(stand: Clip) -> None:
    estimates = run(with_depth(stand), depth='topic')
    assert np.linalg.norm(positions(estimates), axis=1).max() < 0.003
    settled = positions(estimates)[10:]
    np.testing.assert_array_equal(settled, np.broadcast_to(settled[0], settled.shape))


@pytest.mark.parametrize(('name', 'limit_m'), [
    ('tum_fr1_xyz', 0.03), ('sevenscenes_redkitchen', 0.06)])
def test_recording_with_depth(data_dir: Path, name: str, limit_m: float) -> None:
    source = SequenceFolder(data_dir / name, with_depth=True)
    frames = [frame.load() for frame, _ in zip(source, range(150), strict=False)]
    estimates = run(frames, depth='topic')
    truth = recorded_truth(data_dir / name, estimates)
    assert absolute_error(positions(estimates), truth[:, :3, 3], has_scale=False) < limit_m
    score = score_estimates(estimates, truth)
    assert score.path_ratio == pytest.approx(1, abs=0.15)
    assert score.turn_p95_deg < 4.0


def test_depth_that_stopped_long_ago_is_no_more_what_holds_the_scale(data_dir: Path) -> None:
    source = SequenceFolder(data_dir / 'tum_fr1_xyz', with_depth=True)
    frames = [frame.load() for frame, _ in zip(source, range(120), strict=False)]
    frames = [frame if index < 30 else replace(frame, depth_m=None)
              for index, frame in enumerate(frames)]
    truth = np.loadtxt(data_dir / 'tum_fr1_xyz' / 'groundtruth.txt')
    estimates = run(frames, depth='topic')
    assert [estimate.scale_source for estimate in estimates[:29]] == ['depth'] * 29
    assert estimates[-1].scale_source == 'propagated'
    held, propagated = estimates[28].scale_std, estimates[-1].scale_std
    assert held == pytest.approx(0.01)       # what is common to the errors of a depth camera
    assert 2 * held < propagated < 0.3
    nearest = [np.abs(truth[:, 0] - estimate.stamp_s).argmin() for estimate in estimates]
    assert align(positions(estimates), truth[nearest, 1:4]).scale == pytest.approx(1, abs=0.08)


def test_turning_on_the_spot_with_depth_moves_the_camera_nowhere() -> None:
    """Depth must not make a way of what its noise and a turn leave over."""
    clip = render_clip(turning, 60, moving=False)
    estimates = run(with_depth(clip), depth='topic')
    assert {estimate.status for estimate in estimates} == {TrackingState.TRACKING}
    assert np.linalg.norm(positions(estimates), axis=1).max() < 0.06
    assert np.linalg.norm(positions(estimates)[-1]) < 0.03
    turned = [clip.rendered[index].T_world_camera[:3, :3] for index in (0, -1)]
    found = T_BODY_OPTICAL[:3, :3].T @ estimates[-1].T_odom_camera[:3, :3]
    error_rad = np.linalg.norm(so3_log((turned[0].T @ turned[1]).T @ found))
    assert np.degrees(error_rad) < 0.5
    assert estimates[-1].intrinsics.fx == pytest.approx(clip.intrinsics.fx, rel=0.03)
