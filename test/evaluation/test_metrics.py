# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Alignments recover known similarities and agree with evo."""

from hypothesis import given, settings, strategies
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.evaluation.metrics import (
    absolute_error,
    align,
    associate,
    EvaluationError,
)
from anycam_ros.geometry.se3 import so3_exp


def random_path(rng: np.random.Generator, length: int = 40) -> NDArray[np.float64]:
    return rng.standard_normal((length, 3)).cumsum(axis=0)


@settings(deadline=None)   # the first call compiles
@given(strategies.integers(0, 10 ** 6), strategies.floats(0.01, 100))
def test_known_similarity_is_recovered(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    source, translation = random_path(rng), rng.standard_normal(3)
    rotation = so3_exp(rng.standard_normal(3))
    found = align(source, scale * source @ rotation.T + translation)
    assert found.scale == pytest.approx(scale)
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(found.apply_inverse(found.apply(source)), source, atol=1e-8)


def test_mirrored_path_is_not_mirrored_back() -> None:
    source = random_path(np.random.default_rng(1))
    found = align(source, source * [1, 1, -1])
    assert np.linalg.det(found.rotation) == pytest.approx(1)


@pytest.mark.parametrize('has_scale', [True, False])
def test_error_agrees_with_evo(has_scale: bool) -> None:
    metrics = pytest.importorskip('evo.core.metrics', reason='evo is not installed')
    from evo.core.trajectory import PoseTrajectory3D

    rng = np.random.default_rng(2)
    truth = random_path(rng)
    estimate = 0.3 * truth @ so3_exp(np.array([0.3, -2.0, 0.5])).T \
        + 0.05 * rng.standard_normal(truth.shape)
    stamps = np.arange(len(truth), dtype=float)
    quaternions = np.tile([1.0, 0, 0, 0], (len(truth), 1))
    reference, aligned = (PoseTrajectory3D(points, quaternions, stamps)
                          for points in (truth, estimate.copy()))
    aligned.align(reference, correct_scale=has_scale)
    error = metrics.APE(metrics.PoseRelation.translation_part)
    error.process_data((reference, aligned))
    assert absolute_error(estimate, truth, has_scale=has_scale) \
        == pytest.approx(error.get_statistic(metrics.StatisticsType.rmse))


def test_camera_that_stands_still_can_be_compared() -> None:
    still, truth = np.zeros((10, 3)), np.full((10, 3), 5.0)
    assert absolute_error(still, truth) == 0
    assert absolute_error(still, truth + np.arange(10)[:, None]) > 1


@pytest.mark.parametrize(('source', 'target', 'message'), [
    (np.zeros((2, 3)), np.zeros((2, 3)), '2 pairs of poses'),
    (np.zeros((4, 3)), np.zeros((5, 3)), r'\(4, 3\) and \(5, 3\)')])
def test_what_cannot_be_aligned_is_refused(
        source: NDArray[np.float64], target: NDArray[np.float64], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        align(source, target)


def test_nearest_stamps_within_the_limit_are_associated() -> None:
    truth = np.array([0.0, 0.1, 0.2, 0.3])
    own, theirs = associate(np.array([-0.5, 0.01, 0.055, 0.19, 0.31, 0.4]), truth, 0.02)
    assert own.tolist() == [1, 3, 4]
    assert theirs.tolist() == [0, 2, 3]
