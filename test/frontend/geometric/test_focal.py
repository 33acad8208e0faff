# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal length: the paper's candidates, their probabilities, and when it is known."""

import math

import numpy as np
import pytest

from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalErrorOptions, FocalEvidence, FocalFit
from anycam_ros.geometry.focal_candidates import focal_candidates

HEIGHT_PX = 336.0


def shown(focal_px: float, std: float) -> FocalEvidence:
    return FocalEvidence(1 / std ** 2, math.log(focal_px) / std ** 2)


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
@pytest.mark.parametrize('std', [math.inf, 0.1, 1e-4])
def test_probabilities_sum_to_one_and_peak_next_to_the_estimate(
        height_px: float, focal_heights: float, std: float) -> None:
    state = FocalState(focal_heights * height_px)
    state.learn(shown(focal_heights * height_px, std))
    log_probs = state.log_probabilities(height_px)
    assert np.exp(log_probs).sum() == pytest.approx(1)
    nearest = np.abs(np.log(focal_candidates() / focal_heights)).argmin()
    assert abs(int(log_probs.argmax()) - int(nearest)) <= 1


def test_given_focal_length_has_all_the_probability() -> None:
    log_probs = FocalState(300.0, is_given=True).log_probabilities(HEIGHT_PX)
    assert np.exp(log_probs).sum() == pytest.approx(1)
    assert np.abs(np.log(focal_candidates() * HEIGHT_PX / 300.0)).argmin() == log_probs.argmax()


def test_what_is_learned_narrows_the_distribution() -> None:
    spreads = []
    for std in (math.inf, 0.3, 0.1, 0.03):
        state = FocalState(300.0)
        state.learn(shown(300.0, std))
        p = np.exp(state.log_probabilities(HEIGHT_PX))
        spreads.append(-(p * np.log(p + 1e-300)).sum())
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < 0.5 * spreads[0]


def test_lens_is_unknown_at_first_estimated_when_seen_and_given_when_given() -> None:
    state = FocalState(300.0)
    assert not state.is_observed
    unknown = state.relative_std
    assert unknown > 0.2
    state.learn(shown(310.0, 0.03))
    assert state.is_observed
    assert state.focal_px == pytest.approx(310, rel=0.01)
    assert state.relative_std < unknown / 3
    given = FocalState(300.0, is_given=True)
    assert given.relative_std == 0
    assert given.is_observed


def test_prior_and_evidence_decide_by_their_weight() -> None:
    between = []
    for std in (1.0, 0.3, 0.1, 0.03):
        state = FocalState(300.0)
        state.learn(shown(240.0, std))
        between.append(state.focal_px)
    assert 290 < between[0] < 300
    assert between == sorted(between, reverse=True)
    assert between[-1] == pytest.approx(240, rel=0.01)


@pytest.mark.parametrize('information', [0.0, -5.0, -1e6, math.inf, math.nan])
def test_fits_that_show_nothing_teach_nothing(information: float) -> None:
    state, options = FocalState(300.0), FocalErrorOptions()
    before = state.relative_std
    fit = FocalFit(500.0, information, 300.0, 40.0, 0.3, 1000)
    for _ in range(100):
        state.learn(fit.evidence(options))
    assert state.relative_std == pytest.approx(before)
    assert state.focal_px == pytest.approx(300)
    assert not state.is_observed


def test_fit_under_a_prior_shows_what_it_would_without_it() -> None:
    """A quadratic cost of its own at 330 px and a prior at 300 px: the fit lies between."""
    own, prior, step = 4e4, 1e4, math.log(330 / 300)
    fitted = 300 * math.exp(step * own / (own + prior))
    evidence = FocalFit(fitted, own, 300.0, prior, 0.3, 1000).evidence(FocalErrorOptions())
    assert math.exp(evidence.log_focal) == pytest.approx(330)


def test_many_tracks_err_alike() -> None:
    """Information grows with the tracks; what it is worth hardly does."""
    stds = [FocalFit(300.0, 20.0 * count, 300.0, 0.0, 0.3, count).evidence(
        FocalErrorOptions()).information ** -0.5 for count in (400, 4000, 40000)]
    assert stds[2] > 0.6 * stds[1]
    assert stds[0] < 2 * stds[1]


def test_growing_map_counts_once() -> None:
    state, once = FocalState(300.0), FocalState(300.0)
    for key_frames in range(3, 9):
        state.learn_from_growing_map(shown(330.0, 0.1), key_frames)
    once.learn(shown(330.0, 0.1))
    assert state.relative_std == pytest.approx(once.relative_std)
    state.learn_from_growing_map(shown(330.0, 0.1), 3)      # of the next map
    assert state.relative_std < once.relative_std


def known_state() -> FocalState:
    state = FocalState(300.0)
    for _ in range(20):
        state.learn(shown(310.0, 0.06), 0.5)
    return state


def test_zoom_is_said_and_followed() -> None:
    state = known_state()
    before = state.relative_std
    state.learn(shown(500.0, 0.06))
    assert state.contradicts
    assert state.focal_px == pytest.approx(310, rel=0.01)
    state.learn(shown(500.0, 0.06))
    state.learn(shown(500.0, 0.06))
    assert state.focal_px == pytest.approx(500, rel=0.1)
    assert state.relative_std > before
    for _ in range(3):
        state.learn(shown(500.0, 0.06))
    assert not state.contradicts
    assert state.focal_px == pytest.approx(500, rel=0.02)


def test_weak_evidence_speaks_against_it_together() -> None:
    state = known_state()
    for _ in range(12):
        state.learn(shown(450.0, 0.15), 0.5)
    assert state.focal_px == pytest.approx(450, rel=0.15)


def test_one_bad_window_does_nothing() -> None:
    state = known_state()
    state.learn(shown(700.0, 0.06))
    for _ in range(6):
        state.learn(shown(310.0, 0.06))
        assert state.focal_px == pytest.approx(310, rel=0.02)
    assert not state.contradicts


def test_chance_contradicts_hardly_ever() -> None:
    random = np.random.default_rng(0)
    contradictions = 0
    for _ in range(20):
        state = FocalState(300.0)
        for _ in range(40):
            std = float(random.uniform(0.04, 0.3))
            state.learn(shown(310.0 * math.exp(std * random.normal()), std), 0.57)
            contradictions += state.contradicts
        assert state.focal_px == pytest.approx(310, rel=0.15)
    assert contradictions < 0.02 * 20 * 40


def test_state_becomes_another_one_whole() -> None:
    state, other = FocalState(300.0), FocalState(280.0)
    other.learn(shown(290.0, 0.1))
    other.learn_from_growing_map(shown(295.0, 0.1), 3)
    other.show(3e4)
    state.become(other)
    assert state == other
    other.learn(shown(200.0, 0.01))
    assert state.focal_px == pytest.approx(291, rel=0.02)
