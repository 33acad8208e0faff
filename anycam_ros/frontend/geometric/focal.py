# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of the focal length so far."""

from dataclasses import dataclass, field, replace
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.focal_candidates import focal_candidates


@dataclass(frozen=True)
class FocalOptions:
    """Choose how fast the focal length is learned, and when it counts as observed."""

    prior_information: float = 1.0 / 0.15 ** 2   # of log focal, in the unit of the pixel errors
    prior_std: float = 0.3         # of log focal, of a lens nobody knows
    new_share: float = 0.05        # of a window's information; its neighbours tell the rest again
    turn_share: float = 5.0        # a window can trade the focal length for depth, a turn cannot
    observed_std: float = 0.1      # of log focal; a wider one: the motion does not show it
    # Flow errs alike over whole regions and windows, so that what counts as a thousand
    # observations is about one: straight driving shows no more than the prior by this measure, as
    # it should.
    overconfidence: float = 1000.0


@dataclass
class FocalState:
    """Hold the focal length of the working image and the prior that it enters a window with."""

    focal_px: float
    is_given: bool = False
    prior_focal_px: float = math.nan
    prior_information: float = math.nan
    shown_information: float = 0.0      # inverse variance of log focal by the errors of flow alone
    options: FocalOptions = field(default_factory=FocalOptions)

    def __post_init__(self) -> None:
        if math.isnan(self.prior_focal_px):
            self.prior_focal_px = self.focal_px
        if math.isnan(self.prior_information):
            self.prior_information = self.options.prior_information

    def copy(self) -> 'FocalState':
        """Return a state that changes apart from this one."""
        return replace(self)

    def become(self, other: 'FocalState') -> None:
        """Take over all that another state knows."""
        self.focal_px, self.shown_information = other.focal_px, other.shown_information
        self.prior_focal_px = other.prior_focal_px
        self.prior_information = other.prior_information

    def update(self, focal_px: float, information: float, share: float | None = None) -> None:
        """Take a window's focal length; a share of what it knew stiffens the prior of the next.

        So the focal length becomes the mean over many windows: rolling shutter and distortion
        pull single windows several percent to either side.
        """
        share = self.options.new_share if share is None else share
        self.focal_px = self.prior_focal_px = focal_px
        self.prior_information += share * max(information, 0.0)

    def show(self, information: float) -> None:
        """Take note of how well a window shows the focal length, by the errors of its flow."""
        self.shown_information = max(self.shown_information, information)

    @property
    def flow_variance(self) -> float:
        """Return the variance of log focal that is left of a lens nobody knows.

        It is that of the focal length which fits the images best. With the distortion of the
        lens and a rolling shutter, the true one may be farther off: see relative_std.
        """
        if self.is_given:
            return 0.0
        return 1.0 / (1.0 / self.options.prior_std ** 2 + self.shown_information)

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal."""
        if self.is_given:
            return 0.0
        options = self.options
        learned = (self.prior_information - options.prior_information) / options.overconfidence
        return 1.0 / math.sqrt(1.0 / options.prior_std ** 2 + learned)

    @property
    def is_observed(self) -> bool:
        """Return whether the motion so far shows the focal length."""
        return self.relative_std < self.options.observed_std

    def log_probabilities(self, height_px: float) -> NDArray[np.float64]:
        """Return the log-probabilities (32,) of the candidates for an image height."""
        candidates = np.log(focal_candidates() * height_px)
        # Between two candidates nothing can be told: their spacing is a floor of the deviation.
        std = np.hypot(self.relative_std, np.gradient(candidates) / 2)
        score = -0.5 * ((candidates - math.log(self.focal_px)) / std) ** 2
        return np.asarray(score - np.logaddexp.reduce(score))
