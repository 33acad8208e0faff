# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scale of the map, followed through samples of which some are wrong."""

import math

import numpy as np

TAIL = 4.0                       # degrees of freedom of Student's t
GATE = 3.0                       # deviations; what lies beyond speaks for another scale
FIRST_SAMPLES = 10               # that agree, until a scale is believed
CONTRADICTIONS = 50              # in a row that agree, until another one is
AGREEMENT = 0.15                 # of log scale; median distance from their median
DRIFT = 0.03                     # of log scale, per square root of a second of motion
NEW_MAP_STD = 0.3          # of log scale; a new map takes its unit from speed or depth
OTHER_SCENE_STD = 0.5      # of log scale, where all that is known is how deep scenes are
HELD_S = 2.0                     # of motion since a sample; longer, and the scale is carried


class LogScale:
    """Estimate the logarithm of metres per unit, which drifts slowly.

    A Kalman filter whose noise has Student's distribution: the further off a sample is, the less
    it counts. It starts from the median of samples that agree, and so it starts again when
    samples agree for long on another scale.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
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
        """Return whether samples hold the scale, rather than its being carried along."""
        return self._is_settled and self._unheld_s <= HELD_S

    @property
    def metres_per_unit(self) -> float:
        """Return the scale; 1 while none is known."""
        return math.exp(self._mean)

    @property
    def std(self) -> float:
        """Return the standard deviation of the log scale; infinite while none is known."""
        return math.sqrt(self._variance)

    def drift(self, seconds: float) -> None:
        """Take note that the camera moved for so long."""
        self.loosen(DRIFT * math.sqrt(seconds))
        self._unheld_s += seconds

    def start_anew(self, scene_depth: float) -> None:
        """Keep the scale for odometry that starts anew, whose unit is the depth of its scene.

        scene_depth is that of the scene so far, in units of its map.
        """
        self.propagate(scene_depth, OTHER_SCENE_STD)

    def loosen(self, std: float) -> None:
        """Take note that the unit of the map may have changed by so much, relative."""
        self._variance += std ** 2

    def propagate(self, units: float = 1.0, std: float = NEW_MAP_STD) -> None:
        """Keep the scale for a new map, whose unit is about so many of the one before."""
        if self.is_known:
            self._mean += math.log(units)
        self.loosen(std)
        self._is_settled = False
        self._elsewhere = []

    def add(self, log_scale: float, std: float) -> None:
        """Take in a sample with its standard deviation."""
        if not self._is_settled:
            self._look_elsewhere(log_scale, std, FIRST_SAMPLES)
            return
        error, variance = log_scale - self._mean, self._variance + std ** 2
        weight = (TAIL + 1.0) / (TAIL + error ** 2 / variance)
        gain = self._variance / (self._variance + std ** 2 / weight)
        self._mean += gain * error
        self._variance *= 1.0 - gain
        if error ** 2 > GATE ** 2 * variance:
            self._look_elsewhere(log_scale, std, CONTRADICTIONS)
        else:
            self._elsewhere.clear()
            self._unheld_s = 0.0

    def _look_elsewhere(self, log_scale: float, std: float, needed: int) -> None:
        """Settle on the median of the latest samples where they are enough, and agree."""
        self._elsewhere = [*self._elsewhere[1 - needed:], log_scale]
        median = float(np.median(self._elsewhere))
        spread = float(np.median(np.abs(np.array(self._elsewhere) - median)))
        if len(self._elsewhere) == needed and spread < AGREEMENT:
            self._mean, self._variance = median, max(std, spread) ** 2 / FIRST_SAMPLES
            self._is_settled, self._unheld_s = True, 0.0
            self._elsewhere = []
