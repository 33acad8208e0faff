# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a trajectory show what the path error after Sim(3) alignment hides."""

import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.evaluation.trajectory_score import (
    MatchedPoses,
    pairs_apart,
    rotation_errors_deg,
    score_trajectory,
    TrajectoryScore,
)
from anycam_ros.geometry.se3 import so3_exp

Array = NDArray[np.float64]
N = 101
STRAIGHT = np.arange(N)[:, None] * [0.1, 0.0, 0.0]     # m


def turning(rate_deg: float, axis: int = 1) -> Array:
    return np.array([so3_exp(np.radians(rate_deg) * index * np.eye(3)[axis])
                     for index in range(N)])


def transforms(R: Array, positions: Array) -> Array:
    T = np.tile(np.eye(4), (len(positions), 1, 1))
    T[:, :3, :3], T[:, :3, 3] = R, positions
    return T


def score(estimated: Array, true: Array, positioned: NDArray[np.bool_] | None = None,
          step: int = 1) -> TrajectoryScore:
    count = len(true)
    positioned = np.ones(count, np.bool_) if positioned is None else positioned
    return score_trajectory(MatchedPoses(np.arange(count), estimated, true, positioned), step)


def test_path_in_another_unit_and_other_axes_is_right() -> None:
    true = transforms(turning(1.0), STRAIGHT)
    into = transforms(so3_exp(np.array([0.4, -1.0, 2.0]))[None], np.array([[3.0, 2.0, 1.0]]))[0]
    estimated = into @ transforms(turning(1.0), 7 * STRAIGHT)
    found = score(estimated, true)
    assert found.true_path_m == pytest.approx(10)
    assert found.path_error_m == pytest.approx(0, abs=1e-9)
    assert found.path_ratio == pytest.approx(1)
    assert found.scale_drift == pytest.approx(0, abs=1e-9)
    assert found.turn_p95_deg == pytest.approx(0, abs=1e-6)
    assert found.direction_deg == pytest.approx(0, abs=1e-5)


def test_wrong_way_shows_in_the_direction() -> None:
    aside = STRAIGHT @ so3_exp(np.radians(20.0) * np.array([0.0, 0.0, 1.0])).T
    found = score(transforms(np.eye(3), 3 * aside), transforms(np.eye(3), STRAIGHT))
    assert found.direction_deg == pytest.approx(20.0)
    assert found.path_error_m == pytest.approx(0, abs=1e-9)     # the alignment hides it


def test_exploded_scale_shows_in_ratio_and_drift() -> None:
    """A path to and fro of 20 m with one excursion of a thousand times its width."""
    rng = np.random.default_rng(0)
    true = np.cumsum(rng.choice([-0.2, 0.2], (N, 3)), axis=0)
    exploded = true.copy()
    exploded[60:] *= 1000
    found = score(transforms(np.eye(3), exploded), transforms(np.eye(3), true))
    assert found.path_error_m < np.sqrt(np.var(true, axis=0).sum())    # is no larger than that
    assert not 0.5 < found.path_ratio < 2
    assert found.scale_drift > 2


@pytest.mark.parametrize('rate', [0.0, 0.01])
def test_scale_that_grows_steadily_drifts_as_it_grows(rate: float) -> None:
    growth = np.exp(rate * np.arange(N))
    steps = np.diff(STRAIGHT, axis=0, prepend=0)
    estimated = np.cumsum(growth[:, None] * steps, axis=0)
    found = score(transforms(np.eye(3), estimated), transforms(np.eye(3), STRAIGHT))
    assert found.scale_drift == pytest.approx(rate * np.std(np.arange(N - 10)), rel=1e-6)


def test_path_that_stands_while_the_camera_moves_has_no_scale() -> None:
    frozen = STRAIGHT.copy()
    frozen[50:] = frozen[50]
    poses = transforms(np.eye(3), frozen), transforms(np.eye(3), STRAIGHT)
    assert score(*poses).scale_drift == np.inf
    # One that says nothing of the position says nothing of the scale.
    assert score(*poses, positioned=np.arange(N) < 50).scale_drift == pytest.approx(0, abs=1e-9)
    nowhere = score(transforms(np.eye(3), np.zeros((N, 3))), poses[1])
    assert nowhere.path_ratio == 0


def test_turn_that_is_wrong_shows_where_the_path_error_is_small() -> None:
    """A nearly pure rotation, half of which is missed."""
    sway = 0.01 * np.sin(np.arange(N) / 5)[:, None] * [1.0, 0.5, 0.2]
    true, estimated = transforms(turning(1.0), sway), transforms(turning(0.5), sway)
    found = score(estimated, true)
    assert found.path_error_m == pytest.approx(0, abs=1e-9)
    assert found.turn_median_deg == pytest.approx(15)
    assert found.turn_p95_deg == pytest.approx(15)


def test_turns_count_over_the_same_time_where_frames_are_left_out() -> None:
    true, estimated = transforms(turning(1.0), STRAIGHT), transforms(turning(0.5), STRAIGHT)
    assert score(estimated[::3], true[::3], step=3).turn_p95_deg == pytest.approx(15)


def test_camera_that_stands_is_measured_in_the_unit_of_the_estimate() -> None:
    still = transforms(np.eye(3), np.full((N, 3), 4.0))
    found = score(still, still)
    assert (found.path_error_m, found.true_path_m, found.turn_p95_deg) == (0, 0, 0)
    assert np.isnan([found.path_ratio, found.scale_drift]).all()
    swings = transforms(np.eye(3), 0.5 * (-1.0) ** np.arange(N)[:, None] * [1.0, 0.0, 0.0])
    assert score(swings, still).path_error_m == pytest.approx(0.5, rel=1e-3)


def test_too_few_poses_have_no_figures() -> None:
    short = transforms(np.eye(3), STRAIGHT[:2])
    assert np.isnan(score(short, short)).all()


def test_pairs_are_counted_in_frames_not_in_poses() -> None:
    frames = np.array([0, 1, 3, 4, 6])
    first, last = pairs_apart(frames, 3)
    assert (frames[first].tolist(), frames[last].tolist()) == ([0, 1, 3], [3, 4, 6])
    assert all(len(part) == 0 for part in pairs_apart(frames[:0], 3))


@pytest.mark.parametrize('angle_deg', [0.0, 1e-5, 45.0, 179.9])
def test_angle_of_a_rotation_error(angle_deg: float) -> None:
    wrong = np.array([np.eye(3), so3_exp(np.radians(angle_deg) * np.array([0.6, 0.0, 0.8]))])
    pair = np.array([0]), np.array([1])
    assert rotation_errors_deg(wrong, np.tile(np.eye(3), (2, 1, 1)), pair) \
        == pytest.approx([angle_deg], rel=1e-6)


def test_rotation_errors_agree_with_evo() -> None:
    metrics = pytest.importorskip('evo.core.metrics', reason='evo is not installed')
    from evo.core.trajectory import PoseTrajectory3D
    from evo.core.units import Unit

    rng = np.random.default_rng(3)
    estimated, true = (transforms(
        np.array([so3_exp(vector) for vector in 0.1 * rng.standard_normal((N, 3)).cumsum(axis=0)]),
        rng.standard_normal((N, 3)).cumsum(axis=0)) for _ in range(2))
    error = metrics.RPE(metrics.PoseRelation.rotation_angle_deg, 30, Unit.frames, all_pairs=True)
    stamps = np.arange(N, dtype=float)
    error.process_data(tuple(PoseTrajectory3D(poses_se3=list(poses), timestamps=stamps)
                             for poses in (true, estimated)))
    found = score(estimated, true)
    assert (found.turn_median_deg, found.turn_p95_deg) \
        == pytest.approx(np.percentile(error.error, (50, 95)), rel=1e-6)
