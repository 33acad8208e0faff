# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a window of key frames or a turn shows of the focal length by itself."""

from dataclasses import dataclass
import math

import numpy as np


@dataclass(frozen=True)
class FocalErrorOptions:
    """Choose how far off the focal length is that images show."""

    # In rendered rooms, where the true flow is known, its error has a correlation of 0.5 over
    # 30 px: so many tracks, 16 px apart, tell as much as one ...
    correlated_tracks: float = 40.0
    # ... and of 0.1 over 250 px: that share of the noise is alike all over the image, however many
    # tracks there are. Distortion and rolling shutter act in the same way.
    common_share: float = 0.1
    window_std: float = 0.03       # of log focal: lens and shutter differ from a pinhole


@dataclass(frozen=True)
class FocalEvidence:
    """Hold a log-likelihood of log focal (px), which is quadratic: evidence adds up."""

    information: float = 0.0       # inverse variance of log focal
    weighted: float = 0.0          # the information times the log focal of the maximum

    @property
    def log_focal(self) -> float:
        """Return the log focal that fits best; NaN where nothing is shown."""
        return self.weighted / self.information if self.information > 0 else math.nan

    def plus(self, other: 'FocalEvidence', share: float = 1.0) -> 'FocalEvidence':
        """Return both together; share is that of the other which is new."""
        return FocalEvidence(self.information + share * other.information,
                             self.weighted + share * other.weighted)

    def limited_to(self, information: float) -> 'FocalEvidence':
        """Return the evidence with at most so much information about the same focal length."""
        if self.information <= information:
            return self
        return FocalEvidence(information, self.weighted * information / self.information)


NOTHING = FocalEvidence()


@dataclass(frozen=True)
class FocalFit:
    """Hold a focal length that was fitted together with poses, under a prior.

    Information is that of independent observations with a noise of 1 px.
    """

    focal_px: float
    information: float             # without the prior's
    prior_px: float
    prior_information: float
    noise_px: float                # standard deviation of an observation's component
    observations: int              # of tracks after their first
    stride: int = 1                # one of so many tracks was used

    def evidence(self, options: FocalErrorOptions) -> FocalEvidence:
        """Return what the fit shows without its prior; nothing where it shows nothing."""
        if not (self.information > 0.0 and math.isfinite(self.information)):
            return NOTHING
        variance = unit_variance_px2(
            self.noise_px, self.observations, options, self.stride) / self.information
        # Newton's step from the prior to the fit, as far as it goes without the prior.
        step = math.log(self.focal_px / self.prior_px) \
            * (1.0 + self.prior_information / self.information)
        information = 1.0 / (variance + options.window_std ** 2)
        # Far away the quadratic form says no more than the direction.
        log_focal = math.log(self.prior_px) + float(np.clip(step, -1.0, 1.0))
        return FocalEvidence(information, information * log_focal)


def unit_variance_px2(noise_px: float, observations: int, options: FocalErrorOptions,
                      stride: int = 1) -> float:
    """Return the variance that stands for 1 px^2 of independent noise in such a fit."""
    return noise_px ** 2 * (
        max(options.correlated_tracks / stride, 1.0) + options.common_share * observations)
