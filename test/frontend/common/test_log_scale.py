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
    scale.propagate_to_new_stream(scene_depth=2.0)
    assert math.log(scale.metres_per_unit) == pytest.approx(1.0 + math.log(2.0), abs=0.05)
    assert 0.5 < scale.std < 0.6
    assert not scale.is_held
    unknown = LogScaleFilter()
    unknown.propagate_to_new_stream(scene_depth=2.0)
    assert (unknown.is_known, unknown.metres_per_unit) == (False, 1.0)


def test_what_is_said_for_long_enough_is_believed() -> None:
    scale = fed(noisy(2.5, 80, seed=1), fed(noisy(1.0, 30)))
    assert math.log(scale.metres_per_unit) == pytest.approx(2.5, abs=0.05)


TELLING_DEPTH = LogScaleOptions(
    first_samples=3, contradictions=20, maximum_spread=0.1, spread_is_range=True,
    student_dof=None, gate_std=2.0, tolerance=0.1)


def test_samples_that_are_taken_in_elsewhere_confirm_the_scale_without_moving_it() -> None:
    scale = LogScaleFilter(TELLING_DEPTH)
    scale.settle(0.0)
    for sample in (0.08, 0.11, -0.1):
        assert scale.fits(sample, 0.01)
        scale.add(sample, 0.01)
        assert scale.mean == 0.0
    assert not scale.fits(0.13, 0.01)
    assert scale.fits(0.13, 0.02)


@pytest.mark.parametrize(('is_held', 'needed'), [(False, 3), (True, 20)])
def test_a_map_that_holds_its_scale_takes_longer_to_be_contradicted(
        is_held: bool, needed: int) -> None:
    scale = LogScaleFilter(TELLING_DEPTH)
    scale.settle(0.0)
    for count in range(1, needed + 1):
        scale.hold(is_held=is_held)
        scale.add(1.0, 0.01)
        assert (scale.mean == 1.0) == (count == needed)


def test_a_sample_that_fails_breaks_the_row() -> None:
    scale = LogScaleFilter(TELLING_DEPTH)
    for _ in range(2):
        scale.add(1.0, 0.01)
    scale.interrupt()
    scale.add(1.0, 0.01)
    assert not scale.is_known


def test_samples_agree_by_their_range_where_that_is_asked_for() -> None:
    by_range = LogScaleFilter(TELLING_DEPTH)
    for sample in (1.0, 1.0, 1.12):
        by_range.add(sample, 0.01)
    assert not by_range.is_known
    by_range.add(1.05, 0.01)
    assert not by_range.is_known
    by_range.add(1.06, 0.01)
    assert by_range.mean == 1.06


def test_another_unit_changes_the_scale_and_not_its_std() -> None:
    scale = fed(noisy(1.0, 30))
    metres, std = scale.metres_per_unit, scale.std
    scale.rescale(4.0)
    assert scale.metres_per_unit == pytest.approx(metres / 4.0)
    assert scale.std == std


def test_scale_that_is_forgotten_is_unknown() -> None:
    scale = fed(noisy(1.0, 30))
    scale.forget()
    assert (scale.is_known, scale.metres_per_unit, scale.std) == (False, 1.0, math.inf)
