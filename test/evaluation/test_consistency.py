# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Normalised errors are 1 where errors are as large as the covariances say."""

import numpy as np
import pytest

from anycam_ros.evaluation.consistency import (
    Motion,
    normalised_errors,
    truth_jitter,
    units_per_metre,
)
from anycam_ros.evaluation.metrics import EvaluationError
from anycam_ros.geometry.se3 import Array, from_rotation_translation, inverse, so3_exp

COUNT, UNIT = 600, 3.0
STD = np.array([0.02, 0.01, 0.03, 0.004, 0.002, 0.006])


def walk(*, understated: float = 1.0, truth_std: float = 0.0, liveliness: float = 1.0,
         seed: int = 0) -> list[Motion]:
    """Return motions with random errors in the camera after each, in another unit than metres."""
    rng = np.random.default_rng(seed)
    motions = []
    for _ in range(COUNT):
        true = from_rotation_translation(so3_exp(rng.normal(size=3) * 0.05 * liveliness),
                                         rng.normal(size=3) * 0.2 * liveliness)
        error = rng.normal(size=6) * STD
        R = true[:3, :3]
        found = from_rotation_translation(R @ so3_exp(error[3:]),
                                          UNIT * true[:3, 3] + R @ error[:3])
        measured = true.copy()
        measured[:3, 3] += rng.normal(size=3) * truth_std
        motions.append(Motion(found, np.diag((STD / understated) ** 2), measured))
    return motions


@pytest.mark.parametrize('frames', [1, 10])
def test_honest_covariances_make_the_mean_one(frames: int) -> None:
    motions = walk()
    errors = normalised_errors(motions, frames, UNIT)
    for part in (errors.all, errors.linear, errors.angular):
        assert part.shape == (COUNT - frames + 1,)
        assert part.mean() == pytest.approx(1.0, abs=0.15)


def test_deviations_a_third_as_large_make_it_nine() -> None:
    assert normalised_errors(walk(understated=3.0), 1, UNIT).all.mean() == pytest.approx(
        9.0, rel=0.1)


def test_error_of_the_truth_is_not_held_against_the_estimate() -> None:
    motions, std = walk(truth_std=0.02), 0.02
    truth_covariance: Array = np.diag([std ** 2] * 3 + [0.0] * 3)
    assert normalised_errors(motions, 1, UNIT).linear.mean() > 5
    assert normalised_errors(motions, 1, UNIT, truth_covariance=truth_covariance).linear.mean() \
        == pytest.approx(1.0, abs=0.15)


def test_jitter_of_the_truth_is_told_from_errors_of_the_estimate() -> None:
    """Its poses jitter by 4 mm and 2 mrad; the motions found are worse than that."""
    rng, std = np.random.default_rng(4), np.repeat([0.004, 0.002], 3)
    motions, poses = walk(liveliness=0.05), [np.eye(4)]
    for motion in motions:
        poses.append(poses[-1] @ motion.T_true)
    measured = [T @ from_rotation_translation(so3_exp(error[3:]), error[:3])
                for T, error in zip(poses, rng.normal(size=(COUNT + 1, 6)) * std, strict=True)]
    jittered = [Motion(motion.T_before_after, motion.covariance, inverse(before) @ after)
                for motion, before, after in zip(motions, measured, measured[1:], strict=False)]
    found, none = (np.sqrt(np.diag(truth_jitter([part[:300], part[300:]], UNIT)))
                   for part in (jittered, motions))
    np.testing.assert_allclose(found, np.sqrt(2) * std, rtol=0.25)
    assert (none < 0.5 * found).all()


def test_unit_is_found_from_the_steps() -> None:
    assert units_per_metre(walk()) == pytest.approx(UNIT, rel=0.01)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(EvaluationError, match='11 are needed'):
        normalised_errors(walk()[:10], 11, UNIT)
    still = Motion(np.eye(4), np.eye(6), np.eye(4))
    with pytest.raises(EvaluationError, match='does not move'):
        units_per_metre([still])
