# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of the focal length so far: the lenses that there are, and what images showed."""

from dataclasses import dataclass, field, fields, replace
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.common.focal_prior import focal_prior
from anycam_ros.frontend.common.log_focal_distribution import LogFocalDistribution
from anycam_ros.frontend.geometric.focal_evidence import (
    FocalErrorOptions,
    FocalEvidence,
    NOTHING,
    unit_variance_px2,
)
from anycam_ros.geometry.focal_candidates import focal_candidates


@dataclass(frozen=True)
class FocalOptions:
    """Choose when the focal length counts as observed, and when as another one."""

    error: FocalErrorOptions = field(default_factory=FocalErrorOptions)
    observed_std: float = 0.1      # of log focal; a wider one: the motion does not show it
    # An undistorted pinhole is no better a model of a lens: k1 = 0.1 over the image does as much.
    lens_std: float = 0.03
    bad_window_std: float = 3.0    # by which evidence is off that is not taken for what is known
    # Odds, as logarithms, that it is another focal length than before. One window says no more
    # than that one in thirty is a bad one. Casual video zooms about once a minute, and a window
    # lasts about a second: beyond sixty to one a zoom is more likely than none.
    most_of_one_window: float = math.log(30)
    contradicts: float = math.log(20)      # said
    changed: float = math.log(60)          # the focal length before is forgotten
    first_noise_px: float = 0.3        # of flow, before any was seen


@dataclass
class FocalState:
    """Hold the distribution of the focal length of the working image.

    It starts as that of all lenses. What a new map shows is open while it grows, since each of
    its windows contains the one before; then it is added to what is known.
    """

    focal_px: float                # the median of the distribution
    is_given: bool = False
    shown_information: float = 0.0     # inverse variance of log focal by the errors of flow alone
    noise_px: float = math.nan     # of the newest window
    options: FocalOptions = field(default_factory=FocalOptions)
    _prior: LogFocalDistribution | None = None
    _known: FocalEvidence = NOTHING
    _open: FocalEvidence = NOTHING
    _open_key_frames: int = 0
    _since_change: FocalEvidence = NOTHING
    _change_odds: float = 0.0      # log likelihood ratio that there was one

    def __post_init__(self) -> None:
        if self._prior is None:
            self._prior = focal_prior(self.focal_px)
        if math.isnan(self.noise_px):
            self.noise_px = self.options.first_noise_px

    def copy(self) -> 'FocalState':
        """Return a state that changes apart from this one."""
        return replace(self)

    def become(self, other: 'FocalState') -> None:
        """Take over all that another state knows."""
        for each in fields(self):
            setattr(self, each.name, getattr(other, each.name))

    def learn(self, evidence: FocalEvidence, share: float = 1.0) -> None:
        """Take in evidence, of which a share is new."""
        self.end_growth()
        self._weigh_change(evidence, share)
        if self._change_odds > self.options.changed:
            self._known, self._change_odds = self._since_change, 0.0
        elif abs(self._deviation(evidence)) < self.options.bad_window_std:
            self._known = self._known.plus(evidence, share)
        self._known = self._known.limited_to(1.0 / self.options.lens_std ** 2)
        self._update()

    def learn_from_growing_map(self, evidence: FocalEvidence, key_frames: int) -> None:
        """Take in what all key frames of a map show, in place of what fewer of them did."""
        if key_frames <= self._open_key_frames:
            self.end_growth()                  # of a map before
        self._open, self._open_key_frames = NOTHING, key_frames
        if abs(self._deviation(evidence)) < self.options.bad_window_std:
            self._open = evidence
        self._update()

    def end_growth(self) -> None:
        """Add what a grown map has shown to what is known."""
        self._known = self._known.plus(self._open)
        self._open, self._open_key_frames = NOTHING, 0

    def deviation(self, focal_px: float) -> float:
        """Return by how many standard deviations a focal length is off what is known."""
        return abs(math.log(focal_px / self.focal_px)) / self.relative_std

    def show(self, information: float) -> None:
        """Take note of how well a window shows the focal length, by the errors of its flow."""
        self.shown_information = max(self.shown_information, information)

    def prior_information(self, noise_px: float, observations: int, stride: int = 1) -> float:
        """Return the information of log focal in the unit of observations with that noise.

        What a growing map shows is left out: its next window shows it again.
        """
        distribution = self._given(self._known)
        return unit_variance_px2(noise_px, observations, self.options.error, stride) \
            / distribution.variance_about(distribution.median)

    @property
    def prior_focal_px(self) -> float:
        """Return the focal length that this information is about."""
        return math.exp(self._given(self._known).median)

    @property
    def contradicts(self) -> bool:
        """Return whether what was shown of late speaks against what was known."""
        return self._change_odds > self.options.contradicts

    @property
    def flow_variance(self) -> float:
        """Return the variance of log focal that is left of a lens nobody knows.

        It is that of the focal length which fits the images best. With the distortion of the
        lens and a rolling shutter, the true one may be farther off: see relative_std.
        """
        if self.is_given:
            return 0.0
        assert self._prior is not None
        prior_variance = self._prior.variance_about(self._prior.median)
        return 1.0 / (1.0 / prior_variance + self.shown_information)

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal."""
        if self.is_given:
            return 0.0
        return math.sqrt(self._distribution().variance_about(math.log(self.focal_px)))

    @property
    def is_observed(self) -> bool:
        """Return whether the motion so far shows the focal length."""
        return self.relative_std < self.options.observed_std

    def log_probabilities(self, height_px: float) -> NDArray[np.float64]:
        """Return the log-probabilities (32,) of the candidates for an image height."""
        candidates = np.log(focal_candidates() * height_px)
        if self.is_given:
            exact = LogFocalDistribution(
                np.ones(1), np.array([math.log(self.focal_px)]), np.zeros(1))
            return exact.log_probabilities(candidates)
        return self._distribution().log_probabilities(candidates)

    def _distribution(self) -> LogFocalDistribution:
        return self._given(self._known.plus(self._open)).widened(self.options.lens_std ** 2)

    def _given(self, evidence: FocalEvidence) -> LogFocalDistribution:
        assert self._prior is not None
        return self._prior.given(evidence.information, evidence.weighted)

    def _update(self) -> None:
        self.focal_px = math.exp(self._given(self._known.plus(self._open)).median)

    def _weigh_change(self, evidence: FocalEvidence, share: float) -> None:
        """Compare what is known with a focal length that only the evidence since a change shows.

        Page's cumulative sum of the logarithms of their likelihood ratios: the change began where
        it was last zero.
        """
        if evidence.information <= 0.0:
            return
        as_known = self._log_likelihood(evidence, self._known)
        as_changed = self._log_likelihood(evidence, self._since_change)
        odds = self._change_odds + min(share * (as_changed - as_known),
                                       self.options.most_of_one_window)
        self._change_odds = max(odds, 0.0)
        self._since_change = self._since_change.plus(evidence, share) if odds > 0.0 else NOTHING

    def _log_likelihood(self, evidence: FocalEvidence, known: FocalEvidence) -> float:
        """Return that of the evidence's maximum, up to a constant."""
        distribution = self._given(known)
        variance = distribution.variance_about(distribution.median) \
            + self.options.lens_std ** 2 + 1.0 / evidence.information
        return -0.5 * ((evidence.log_focal - distribution.median) ** 2 / variance
                       + math.log(variance))

    def _deviation(self, evidence: FocalEvidence) -> float:
        """Return by how many standard deviations evidence is off what is known."""
        if evidence.information <= 0.0:
            return 0.0
        known = self._given(self._known)
        variance = known.variance_about(known.median) + self.options.lens_std ** 2 \
            + 1.0 / evidence.information
        return (evidence.log_focal - known.median) / math.sqrt(variance)
