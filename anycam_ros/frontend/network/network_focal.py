# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal length as the odometry publishes it, from the network's choice among candidates."""

import numpy as np

from anycam_ros.frontend.network.focal_filter import Array, FocalFilter
from anycam_ros.geometry.focal_candidates import focal_candidates


class NetworkFocal:
    """Hold the focal length of the working image."""

    def __init__(self, candidates_px: Array, given_px: float | None) -> None:
        """Take the candidates, px of the working image, and the focal length if calibrated."""
        self._choice = FocalFilter(candidates_px, given_px)
        self.is_given = given_px is not None

    def update(self, log_probs: Array) -> None:
        """Take the log-probabilities of a window in which the camera moves."""
        self._choice.update(log_probs)

    @property
    def candidate(self) -> int:
        """Return which candidate's path and uncertainty are the result."""
        return self._choice.candidate

    @property
    def focal_px(self) -> float:
        """Return the focal length; that of the middle candidate before anything moved."""
        if self.is_given or self._choice.is_observed:
            return self._choice.focal
        return float(self._choice.candidates[self._choice.candidate])

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal."""
        return self._choice.relative_std

    @property
    def is_observed(self) -> bool:
        """Return whether the network has said anything about it yet."""
        return self._choice.is_observed

    def log_probabilities(self, height_px: float) -> Array:
        """Return the log-probabilities (32,) of the paper's candidates for an image height.

        In a landscape picture these are the network's own, which count in sides of its square.
        """
        wanted, own = (np.log(focal) for focal in (
            focal_candidates() * height_px, self._choice.candidates))
        score = np.interp(wanted, own, self._choice.log_probabilities)
        return np.asarray(score - np.logaddexp.reduce(score))
