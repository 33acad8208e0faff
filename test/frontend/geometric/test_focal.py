# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal length: the paper's candidates, their probabilities, and when it is known."""

import numpy as np
import pytest

from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.geometry.focal_candidates import focal_candidates

HEIGHT_PX = 336.0


def test_candidates_are_those_of_the_paper() -> None:
    """Three quarters exponential, one quarter linear, 0.1 to 3.5 image heights (eq. 11-14)."""
    index = np.arange(32) / 31
    exponential, linear = 0.1 * 35 ** index, 0.1 + 3.4 * index
    candidates = focal_candidates()
    assert candidates.shape == (32,)
    np.testing.assert_allclose(candidates, 0.75 * exponential + 0.25 * linear)
    assert (np.diff(candidates) > 0).all()
    assert (candidates[0], candidates[-1]) == (pytest.approx(0.1), pytest.approx(3.5))


@pytest.mark.parametrize('height_px', [64.0, 336.0, 2000.0])
@pytest.mark.parametrize('focal_heights', [0.12, 0.9, 3.4])
@pytest.mark.parametrize('information', [0.0, 1e4, 1e9])
def test_probabilities_sum_to_one_and_peak_next_to_the_estimate(
        height_px: float, focal_heights: float, information: float) -> None:
    state = FocalState(focal_heights * height_px)
    state.update(focal_heights * height_px, information)
    log_probs = state.log_probabilities(height_px)
    assert np.exp(log_probs).sum() == pytest.approx(1)
    nearest = np.abs(np.log(focal_candidates() / focal_heights)).argmin()
    assert abs(int(log_probs.argmax()) - int(nearest)) <= 1


def test_what_is_learned_narrows_the_distribution() -> None:
    state = FocalState(300.0)
    spreads = []
    for information in (0.0, 1e4, 1e6, 1e8):
        state.update(300.0, information)
        p = np.exp(state.log_probabilities(HEIGHT_PX))
        spreads.append(-(p * np.log(p + 1e-300)).sum())
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < 0.5 * spreads[0]


def test_lens_is_unknown_at_first_estimated_when_seen_and_given_when_given() -> None:
    state = FocalState(300.0)
    assert not state.is_observed
    unknown = state.relative_std
    assert unknown > 0.2
    state.update(310.0, 1e7)
    assert state.is_observed
    assert state.focal_px == 310
    assert state.relative_std < unknown / 3
    given = FocalState(300.0, is_given=True)
    assert given.relative_std == 0
    assert given.is_observed


@pytest.mark.parametrize('information', [0.0, -5.0, -1e6])
def test_windows_that_show_nothing_teach_nothing(information: float) -> None:
    state = FocalState(300.0)
    before = state.relative_std
    for _ in range(100):
        state.update(300.0, information)
    assert state.relative_std == before
    assert not state.is_observed


def test_state_is_taken_over_whole() -> None:
    state, other = FocalState(300.0), FocalState(280.0)
    other.update(290.0, 1e5)
    state.take(other)
    assert state == other
    other.update(100.0, 1e5)
    assert state.focal_px == 290
