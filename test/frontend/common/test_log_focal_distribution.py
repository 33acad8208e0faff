# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The distribution of the focal length: the lenses that there are, and Bayes' rule."""

import math

import numpy as np
import pytest

from anycam_ros.frontend.common.focal_prior import focal_prior, LENSES, PRIOR_RATIO
from anycam_ros.frontend.common.log_focal_distribution import LogFocalDistribution

GRID = np.linspace(3.0, 9.0, 6001)


def density(distribution: LogFocalDistribution) -> np.ndarray:
    """Return the density on the grid, normalised there."""
    values = sum(share / math.sqrt(variance) * np.exp(-0.5 * (GRID - mean) ** 2 / variance)
                 for share, mean, variance in zip(
                     distribution.share, distribution.mean, distribution.variance, strict=True))
    return np.asarray(values / values.sum())


def test_shares_of_the_lenses_add_up() -> None:
    assert sum(lens.share for lens in LENSES.values()) == pytest.approx(1)


def test_half_of_the_lenses_are_longer_than_the_prior() -> None:
    prior = focal_prior(500.0)
    assert math.exp(prior.median) == pytest.approx(500, rel=1e-4)
    assert density(prior)[math.log(500.0) > GRID].sum() == pytest.approx(0.5, abs=1e-3)
    # Fields of view from 100 to 50 degrees are what there is.
    for ratio in (0.42, 1.07):
        distance = abs(math.log(ratio / PRIOR_RATIO))
        assert distance < 2.5 * math.sqrt(prior.variance_about(prior.median))


@pytest.mark.parametrize('std', [1.0, 0.2, 0.05])
@pytest.mark.parametrize('log_focal', [5.6, 6.2, 6.9])
def test_posterior_is_prior_times_likelihood(log_focal: float, std: float) -> None:
    prior = focal_prior(500.0)
    posterior = prior.given(1 / std ** 2, log_focal / std ** 2)
    expected = density(prior) * np.exp(-0.5 * ((GRID - log_focal) / std) ** 2)
    expected /= expected.sum()
    np.testing.assert_allclose(density(posterior), expected, atol=1e-6)
    assert posterior.median == pytest.approx(np.interp(0.5, np.cumsum(expected), GRID), abs=2e-3)
    assert posterior.variance_about(6.0) == pytest.approx(expected @ (GRID - 6.0) ** 2, rel=1e-3)


def test_no_evidence_leaves_the_prior() -> None:
    prior = focal_prior(500.0)
    assert prior.given(0.0, 0.0) is prior
    assert prior.given(-1.0, 3.0) is prior
