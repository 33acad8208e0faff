# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal length that the network's candidates speak for, over the stream so far."""

import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.focal_candidates import focal_candidates

Array = NDArray[np.float64]

MEMORY = 0.98           # of the mean log-probability, per frame: about 50 frames count
CHANGE_RATIO = 1.2      # as likely as that must another candidate be to take over


class FocalFilter:
    """Accumulate the candidates' log-probabilities, and choose one of them with hysteresis.

    The windows of neighbouring frames share most of their frames, so that their mean counts, not
    their sum. Each candidate has a path of its own: changing between neighbours at every frame
    would make the odometry's scale flicker.
    """

    def __init__(self, candidates_px: Array, given_px: float | None = None) -> None:
        """Take the candidates, ascending, px; given_px is the focal length if calibrated."""
        self.candidates_px, self._given_px = candidates_px, given_px
        self._mean = np.full(len(candidates_px), -math.log(len(candidates_px)))
        self._weight = 0.0
        self._chosen: int | None = None
        if given_px is not None:
            self._chosen = int(np.abs(np.log(candidates_px / given_px)).argmin())

    def update(self, log_probs: Array) -> None:
        """Take the log-probabilities (candidates,) of a window in which the camera moves."""
        # The first frames count alike; what lies long back is forgotten.
        self._weight = MEMORY * self._weight + 1.0
        self._mean = self._mean + (log_probs - self._mean) / self._weight
        if self.is_given:
            return
        best = int(self._mean.argmax())
        if self._chosen is None \
                or self._mean[best] - self._mean[self._chosen] > math.log(CHANGE_RATIO):
            self._chosen = best

    @property
    def is_given(self) -> bool:
        """Return whether the focal length comes from a calibration."""
        return self._given_px is not None

    @property
    def is_observed(self) -> bool:
        """Return whether a camera in motion was seen."""
        return self._weight > 0

    @property
    def candidate(self) -> int:
        """Return the chosen candidate; the middle one before anything moved."""
        return len(self.candidates_px) // 2 if self._chosen is None else self._chosen

    @property
    def candidate_log_probs(self) -> Array:
        """Return the network's own log-probabilities (candidates,)."""
        return np.asarray(self._mean - np.logaddexp.reduce(self._mean))

    @property
    def focal_px(self) -> float:
        """Return the mean focal length (section 3.2), or the given one.

        Before anything moved it is that of the middle candidate.
        """
        if self._given_px is not None:
            return self._given_px
        if not self.is_observed:
            return float(self.candidates_px[self.candidate])
        return float(np.exp(self.candidate_log_probs) @ self.candidates_px)

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal; half the candidates' spacing at least."""
        if self.is_given:
            return 0.0
        logarithms, probabilities = np.log(self.candidates_px), np.exp(self.candidate_log_probs)
        variance = float(probabilities @ (logarithms - probabilities @ logarithms) ** 2)
        return math.hypot(math.sqrt(variance), float(np.gradient(logarithms)[self.candidate]) / 2)

    def log_probabilities(self, height_px: float) -> Array:
        """Return the log-probabilities (32,) of the paper's candidates for an image height.

        In a landscape image these are the network's own, which count in sides of its square.
        """
        paper, own = (np.log(focal) for focal in (
            focal_candidates() * height_px, self.candidates_px))
        score = np.interp(paper, own, self.candidate_log_probs)
        return np.asarray(score - np.logaddexp.reduce(score))
