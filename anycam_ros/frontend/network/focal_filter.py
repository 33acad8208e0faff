# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which focal length candidate the stream so far speaks for."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEMORY = 0.98           # of the mean log-probability, per frame: about 50 frames count
CHANGE_RATIO = 1.2      # as likely as that must another candidate be to take over


class FocalFilter:
    """Accumulate the candidates' log-probabilities over a stream.

    The windows of neighbouring frames share most of their frames, so that their mean counts, not
    their sum. Candidates are chosen with hysteresis: each has a path of its own, and changing
    between neighbours at every frame would make the odometry's scale flicker.
    """

    def __init__(self, candidates: Array, known: float | None = None) -> None:
        """Take the candidates, ascending, in any unit; known is the focal length if calibrated."""
        self.candidates, self.known = candidates, known
        self._mean = np.full(len(candidates), -math.log(len(candidates)))
        self._weight = 0.0
        self._chosen: int | None = None
        if known is not None:
            self._chosen = int(np.abs(np.log(candidates / known)).argmin())

    def update(self, log_probs: Array) -> None:
        """Take the log-probabilities (candidates,) of a window in which the camera moves."""
        # The first frames count alike; what lies long back is forgotten.
        self._weight = MEMORY * self._weight + 1.0
        self._mean = self._mean + (log_probs - self._mean) / self._weight
        if self.known is not None:
            return
        best = int(self._mean.argmax())
        if self._chosen is None \
                or self._mean[best] - self._mean[self._chosen] > math.log(CHANGE_RATIO):
            self._chosen = best

    @property
    def is_observed(self) -> bool:
        """Return whether a camera in motion was seen."""
        return self._weight > 0

    @property
    def candidate(self) -> int:
        """Return the chosen candidate; the middle one before anything moved."""
        return len(self.candidates) // 2 if self._chosen is None else self._chosen

    @property
    def log_probabilities(self) -> Array:
        """Return the candidates' log-probabilities (candidates,)."""
        return np.asarray(self._mean - np.logaddexp.reduce(self._mean))

    @property
    def focal(self) -> float:
        """Return the mean focal length (section 3.2), or the known one."""
        if self.known is not None:
            return self.known
        return float(np.exp(self.log_probabilities) @ self.candidates)

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal; half the candidates' spacing at least."""
        if self.known is not None:
            return 0.0
        logarithms, probabilities = np.log(self.candidates), np.exp(self.log_probabilities)
        variance = float(probabilities @ (logarithms - probabilities @ logarithms) ** 2)
        return math.hypot(math.sqrt(variance), float(np.gradient(logarithms)[self.candidate]) / 2)
