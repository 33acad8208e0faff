# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of the focal length so far."""

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.focal_candidates import focal_candidates

PRIOR_RATIO = 0.8                # of the longer side; between a phone's and a webcam's lens
PRIOR_INFORMATION = 1.0 / 0.15 ** 2         # in the unit of the pixel errors
PRIOR_STD = 0.3                        # relative, of a lens nobody knows
NEW_SHARE = 0.05                 # of a window's information; its neighbours tell the rest again
OBSERVED_STD = 0.1         # relative; a wider one means that the motion does not show it
# Flow errs alike over whole regions and windows, so that what counts as a thousand observations
# is about one: straight driving shows no more than the prior by this measure, as it should.
OVERCONFIDENCE = 1000.0


@dataclass
class FocalState:
    """Hold the focal length of the working image and the prior that it enters a window with."""

    focal_px: float
    is_given: bool = False
    prior_focal_px: float = math.nan
    prior_information: float = PRIOR_INFORMATION
    shown_information: float = 0.0      # inverse variance of log focal by the errors of flow alone

    def __post_init__(self) -> None:
        """Centre the prior on the start."""
        if math.isnan(self.prior_focal_px):
            self.prior_focal_px = self.focal_px

    def update(self, focal_px: float, information: float, share: float = NEW_SHARE) -> None:
        """Take a window's focal length; a share of what it knew stiffens the prior of the next.

        So the focal length becomes the mean over many windows: rolling shutter and distortion
        pull single windows several percent to either side.
        """
        self.focal_px = self.prior_focal_px = focal_px
        self.prior_information += share * max(information, 0.0)

    def show(self, information: float) -> None:
        """Take note of how well a window shows the focal length, by the errors of its flow."""
        self.shown_information = max(self.shown_information, information)

    @property
    def flow_variance(self) -> float:
        """Return the variance of log focal that is left of a lens nobody knows.

        It is that of the focal length which fits the pictures best. With the distortion of the
        lens and a rolling shutter, the true one may be farther off: see relative_deviation.
        """
        if self.is_given:
            return 0.0
        return 1.0 / (1.0 / PRIOR_STD ** 2 + self.shown_information)

    def take(self, other: 'FocalState') -> None:
        """Become what another state is."""
        self.__dict__.update(other.__dict__)

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal."""
        if self.is_given:
            return 0.0
        learned = (self.prior_information - PRIOR_INFORMATION) / OVERCONFIDENCE
        return 1.0 / math.sqrt(1.0 / PRIOR_STD ** 2 + learned)

    @property
    def is_observed(self) -> bool:
        """Return whether the motion so far shows the focal length."""
        return self.relative_std < OBSERVED_STD

    def log_probabilities(self, height_px: float) -> NDArray[np.float64]:
        """Return the log-probabilities (32,) of the candidates for an image height."""
        candidates = np.log(focal_candidates() * height_px)
        # Between two candidates nothing can be told: their spacing is a floor of the deviation.
        std = np.hypot(self.relative_std, np.gradient(candidates) / 2)
        score = -0.5 * ((candidates - math.log(self.focal_px)) / std) ** 2
        return np.asarray(score - np.logaddexp.reduce(score))
