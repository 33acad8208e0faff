# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which focal length the stream speaks for, and how surely."""

import math

import numpy as np
import pytest

from anycam_ros.frontend.network.focal_filter import Array, CHANGE_RATIO, FocalFilter, MEMORY

CANDIDATES = np.array([100.0, 200.0, 400.0])


def log_probs(*weights: float) -> Array:
    return np.log(np.array(weights) / sum(weights))


def test_before_anything_moves_nothing_is_known() -> None:
    focal = FocalFilter(CANDIDATES)
    assert not focal.is_observed
    assert focal.candidate == 1
    np.testing.assert_allclose(focal.candidate_log_probs, math.log(1 / 3))


def test_one_window_counts_in_full() -> None:
    focal = FocalFilter(CANDIDATES)
    focal.update(log_probs(1, 2, 7))
    assert focal.is_observed
    assert focal.candidate == 2
    np.testing.assert_allclose(np.exp(focal.candidate_log_probs), [0.1, 0.2, 0.7])
    assert focal.focal_px == pytest.approx(0.1 * 100 + 0.2 * 200 + 0.7 * 400)


def test_the_mean_counts_and_the_past_is_forgotten() -> None:
    focal = FocalFilter(CANDIDATES)
    focal.update(log_probs(1, 1, 98))
    for _ in range(round(5 / (1 - MEMORY))):
        focal.update(log_probs(1, 7, 2))
    assert focal.candidate == 1
    np.testing.assert_allclose(np.exp(focal.candidate_log_probs), [0.1, 0.7, 0.2], atol=0.01)


def test_neighbours_that_are_as_good_do_not_take_over() -> None:
    focal = FocalFilter(CANDIDATES)
    focal.update(log_probs(1, 10, 10.01))
    chosen = focal.candidate
    for number in range(200):
        slightly = 1.0 + 0.9 * (CHANGE_RATIO - 1)
        focal.update(log_probs(1, 10 * slightly, 10) if number % 2 else
                      log_probs(1, 10 * slightly, 10 * slightly ** 0.5))
        assert focal.candidate == chosen
    for _ in range(100):
        focal.update(log_probs(1, 10 * CHANGE_RATIO ** 2, 10))
    assert focal.candidate == 1


def test_a_known_focal_length_takes_the_nearest_candidate() -> None:
    focal = FocalFilter(CANDIDATES, given_px=270.0)
    focal.update(log_probs(98, 1, 1))
    assert (focal.candidate, focal.focal_px, focal.relative_std) == (1, 270.0, 0.0)


def test_the_std_is_that_of_the_distribution() -> None:
    focal = FocalFilter(CANDIDATES)
    focal.update(log_probs(1, 1, 1))
    spread = math.sqrt(2 / 3) * math.log(2)
    assert focal.relative_std == pytest.approx(math.hypot(spread, math.log(2) / 2))
    for _ in range(1000):
        focal.update(log_probs(1e-9, 1, 1e-9))
    assert focal.relative_std == pytest.approx(math.log(2) / 2, rel=0.05)
