# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scale is found among wrong samples, followed while it drifts, as well as stated."""

import math

import numpy as np
import pytest

from anycam_ros.frontend.common.log_scale import LogScaleFilter, LogScaleOptions

FIRST_SAMPLES, HELD_S = LogScaleOptions().first_samples, LogScaleOptions().held_s
PERIOD_S, NOISE = 0.2, 0.05


def fed(samples: np.ndarray, scale: LogScaleFilter | None = None) -> LogScaleFilter:
    scale = scale or LogScaleFilter()
    for sample in samples:
        scale.drift(PERIOD_S)
        scale.add(sample, NOISE)
    return scale


def noisy(log_scale: float, count: int, seed: int = 0) -> np.ndarray:
    return log_scale + NOISE * np.random.default_rng(seed).standard_normal(count)


def test_nothing_is_known_before_samples_agree() -> None:
    scale = fed(noisy(1.0, FIRST_SAMPLES - 1))
    assert (scale.is_known, scale.metres_per_unit, scale.std) == (False, 1.0, math.inf)
    assert fed(noisy(1.0, 1, seed=1), scale).is_known
    scattered = np.linspace(-1.0, 1.0, FIRST_SAMPLES)
    assert not fed(scattered).is_known


@pytest.mark.parametrize('first', [False, True])
def test_slipping_and_standing_wheels_do_not_move_it(first: bool) -> None:
    samples = noisy(1.0, 60)
    wrong = np.random.default_rng(1).random(60) < 0.2
    wrong[:3] = first
    samples[wrong] += np.random.default_rng(2).choice([-2.0, 1.0], wrong.sum())
    assert math.log(fed(samples).metres_per_unit) == pytest.approx(1.0, abs=0.04)


def test_drift_is_followed_within_the_stated_std() -> None:
    """Squared errors over the stated variance, of many runs: about 1."""
    ratios = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = np.cumsum(0.03 * math.sqrt(PERIOD_S) * rng.standard_normal(60))
        scale = fed(truth + NOISE * rng.standard_normal(60))
        ratios.append(((math.log(scale.metres_per_unit) - truth[-1]) / scale.std) ** 2)
    assert 0.7 < np.mean(ratios) < 1.4


def test_it_is_propagated_without_samples_and_less_sure() -> None:
    scale = fed(noisy(1.0, 30))
    before, sure = scale.metres_per_unit, scale.std
    assert scale.is_held
    scale.drift(HELD_S + PERIOD_S)
    assert not scale.is_held
    assert scale.metres_per_unit == before
    assert scale.std > 1.5 * sure


def test_a_new_map_keeps_it_until_samples_agree_on_another() -> None:
    scale = fed(noisy(1.0, 30))
    scale.propagate()
    fed(noisy(1.4, FIRST_SAMPLES - 1), scale)
    assert math.log(scale.metres_per_unit) == pytest.approx(1.0, abs=0.05)
    assert not scale.is_held
    assert scale.std > 0.3
    fed(noisy(1.4, 1), scale)
    assert math.log(scale.metres_per_unit) == pytest.approx(1.4, abs=0.05)
    assert scale.is_held


def test_odometry_that_starts_anew_measures_in_depths_of_its_scene() -> None:
    scale = fed(noisy(1.0, 30))
    scale.start_anew(scene_depth=2.0)
    assert math.log(scale.metres_per_unit) == pytest.approx(1.0 + math.log(2.0), abs=0.05)
    assert 0.5 < scale.std < 0.6
    assert not scale.is_held
    unknown = LogScaleFilter()
    unknown.start_anew(scene_depth=2.0)
    assert (unknown.is_known, unknown.metres_per_unit) == (False, 1.0)


def test_what_is_said_for_long_enough_is_believed() -> None:
    scale = fed(noisy(2.5, 80, seed=1), fed(noisy(1.0, 30)))
    assert math.log(scale.metres_per_unit) == pytest.approx(2.5, abs=0.05)
