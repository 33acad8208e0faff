# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scale of a map, followed through samples of which some are wrong."""

from dataclasses import dataclass
import math

import numpy as np


@dataclass(frozen=True)
class LogScaleOptions:
    """Choose what makes a scale believed, contradicted and forgotten; lengths are of log scale."""

    first_samples: int = 10        # that agree, until a scale is believed
    contradictions: int = 50       # in a row that agree, until another one is
    maximum_spread: float = 0.15   # of samples that agree
    spread_is_range: bool = False  # from least to largest; else median distance from the median
    student_dof: float | None = 4.0    # of Student's t; None: what fits does not move the scale,
                                       # because the map itself takes it in
    gate_std: float = 3.0          # standard deviations; what lies beyond speaks for another scale
    tolerance: float | None = None     # beyond which, plus gate_std deviations of the sample, it
                                       # does so on any map; None: by all deviations, and on a map
                                       # whose scale is settled
    drift: float = 0.03            # per square root of a second of motion
    new_map_std: float = 0.3       # a new map takes its unit from speed or depth
    other_scene_std: float = 0.5   # where all that is known is how deep scenes are
    held_s: float = 2.0            # of motion since a sample; longer, and it is propagated


DEFAULT = LogScaleOptions()


class LogScaleFilter:
    """Estimate the logarithm of metres per unit, which drifts slowly.

    A Kalman filter whose noise has Student's distribution: the further off a sample is, the less
    it counts. It starts from the median of samples that agree, and so it starts again when
    samples agree for long on another scale.
    """

    def __init__(self, options: LogScaleOptions = DEFAULT) -> None:
        self._options = options
        self._mean = 0.0
        self._variance = math.inf
        self._is_settled = False                  # on the unit of this map
        self._elsewhere: list[float] = []         # samples in a row that another scale explains
        self._unheld_s = 0.0

    @property
    def is_known(self) -> bool:
        """Return whether there is a scale at all."""
        return math.isfinite(self._variance)

    @property
    def is_held(self) -> bool:
        """Return whether samples hold the scale, rather than its being propagated."""
        return self._is_settled and self._unheld_s <= self._options.held_s

    @property
    def mean(self) -> float:
        """Return the logarithm of metres per unit; 0 while none is known."""
        return self._mean

    @property
    def metres_per_unit(self) -> float:
        """Return the scale; 1 while none is known."""
        return math.exp(self._mean)

    @property
    def std(self) -> float:
        """Return the standard deviation of the log scale; infinite while none is known."""
        return math.sqrt(self._variance)

    def fits(self, log_scale: float, std: float) -> bool:
        """Return whether a sample confirms the scale that is known."""
        options, error = self._options, log_scale - self._mean
        if options.tolerance is not None:
            return self.is_known and abs(error) < options.tolerance + options.gate_std * std
        variance = self._variance + std ** 2
        return self._is_settled and error ** 2 <= options.gate_std ** 2 * variance

    def add(self, log_scale: float, std: float) -> None:
        """Take in a sample with its standard deviation."""
        fits = self.fits(log_scale, std)
        needed = self._options.first_samples
        if self._is_settled:
            needed = self._options.contradictions
            self._update(log_scale, std)
        if fits:
            self._elsewhere = []
            self._unheld_s = 0.0
        else:
            self._look_elsewhere(log_scale, std, needed)

    def interrupt(self) -> None:
        """Take note that a sample failed: those that speak for another scale are not in a row."""
        self._elsewhere = []

    def drift(self, seconds: float) -> None:
        """Take note that the camera moved for so long."""
        self.loosen(self._options.drift * math.sqrt(seconds))
        self._unheld_s += seconds

    def loosen(self, std: float) -> None:
        """Take note that the unit of the map may have changed by so much, relative."""
        self._variance += std ** 2

    def rescale(self, factor: float) -> None:
        """Take note that every length of the map has been multiplied."""
        self._mean -= math.log(factor)

    def hold(self, *, is_held: bool) -> None:
        """Say whether the map holds the scale by itself, as it does by depths in it."""
        self._is_settled = is_held
        if is_held:
            self._variance, self._unheld_s = 0.0, 0.0

    def settle(self, log_scale: float) -> None:
        """Take it that this is the scale of a new map."""
        self._mean, self._variance = log_scale, 0.0
        self._is_settled, self._unheld_s = True, 0.0
        self._elsewhere = []

    def forget(self) -> None:
        """Know no scale any more."""
        self._mean, self._variance, self._is_settled = 0.0, math.inf, False

    def propagate(self, units: float = 1.0, std: float | None = None) -> None:
        """Keep the scale for a new map, whose unit is about so many of the one before."""
        if self.is_known:
            self._mean += math.log(units)
        self.loosen(self._options.new_map_std if std is None else std)
        self._is_settled = False
        self._elsewhere = []

    def propagate_to_new_stream(self, scene_depth: float) -> None:
        """Keep the scale for odometry that starts again, whose unit is the depth of its scene.

        scene_depth is that of the scene so far, in units of its map.
        """
        self.propagate(scene_depth, self._options.other_scene_std)

    def _update(self, log_scale: float, std: float) -> None:
        """Move the scale towards a sample."""
        dof = self._options.student_dof
        if dof is None:
            return
        error, variance = log_scale - self._mean, self._variance + std ** 2
        weight = (dof + 1.0) / (dof + error ** 2 / variance)
        gain = self._variance / (self._variance + std ** 2 / weight)
        self._mean += gain * error
        self._variance *= 1.0 - gain

    def _look_elsewhere(self, log_scale: float, std: float, needed: int) -> None:
        """Settle on the median of the latest samples where they are enough, and agree."""
        self._elsewhere = [*self._elsewhere[1 - needed:], log_scale]
        latest = np.array(self._elsewhere)
        median = float(np.median(latest))
        spread = float(np.ptp(latest) if self._options.spread_is_range
                       else np.median(np.abs(latest - median)))
        if len(latest) == needed and spread < self._options.maximum_spread:
            self.settle(median)
            self._variance = max(std, spread) ** 2 / self._options.first_samples
