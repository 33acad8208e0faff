# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A distribution of the logarithm of the focal length: several kinds of lenses, mixed."""

from dataclasses import dataclass
from functools import cached_property
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BISECTIONS = 20        # of the range of the means for the median: far below all errors


@dataclass(frozen=True, eq=False)
class LogFocalDistribution:
    """Mix normal distributions: shares (K,) in any unit, means (K,) and variances (K,)."""

    share: Array
    mean: Array
    variance: Array

    def shifted(self, offset: float) -> 'LogFocalDistribution':
        """Return the distribution of log focal + offset."""
        return LogFocalDistribution(self.share, self.mean + offset, self.variance)

    def widened(self, variance: float) -> 'LogFocalDistribution':
        """Return the distribution with an independent error on top."""
        return LogFocalDistribution(self.share, self.mean, self.variance + variance)

    def given(self, information: float, weighted: float) -> 'LogFocalDistribution':
        """Return the posterior after evidence with that inverse variance; weighted by it, its log.

        Bayes' rule, in closed form for each of the normal distributions.
        """
        if information <= 0.0:
            return self
        posterior = 1.0 / (1.0 / self.variance + information)
        mean = posterior * (self.mean / self.variance + weighted)
        distance = weighted / information - self.mean
        predicted = self.variance + 1.0 / information
        log_share = np.log(self.share) - 0.5 * (distance ** 2 / predicted + np.log(predicted))
        return LogFocalDistribution(np.exp(log_share - log_share.max()), mean, posterior)

    @cached_property
    def median(self) -> float:
        """Return the log focal with as much on either side."""
        std = np.sqrt(self.variance)
        low, high = float((self.mean - std).min()), float((self.mean + std).max())
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.cumulative(middle) < 0.5 else (low, middle)
        return 0.5 * (low + high)

    def variance_about(self, log_focal: float) -> float:
        """Return the mean squared distance from a log focal."""
        squared = self.variance + (self.mean - log_focal) ** 2
        return float(self.share @ squared / self.share.sum())

    def cumulative(self, log_focal: float) -> float:
        """Return the probability of less than a log focal."""
        steps = (log_focal - self.mean) / np.sqrt(2 * self.variance)
        erf = np.array([math.erf(step) for step in steps.tolist()])
        return 0.5 + 0.5 * float(self.share @ erf) / float(self.share.sum())

    def log_probabilities(self, log_focal: Array) -> Array:
        """Return the log-probabilities (N,) of candidates (N,), ascending, to be the nearest."""
        width = np.gradient(log_focal)
        # Between two candidates nothing can be told.
        variance = self.variance + (width[:, None] / 2) ** 2
        scores = np.log(self.share) - 0.5 * (
            (log_focal[:, None] - self.mean) ** 2 / variance + np.log(variance))
        score = np.logaddexp.reduce(scores, axis=1) + np.log(width)
        return np.asarray(score - np.logaddexp.reduce(score))
