# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Smooth random functions of time: what hands, drivers and animals do."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class SmoothNoise:
    """Sum random waves: zero mean, unit deviation, for each of several components."""

    def __init__(self, rng: np.random.Generator, components: int, slowest_s: float,
                 fastest_s: float, waves: int = 5) -> None:
        """Take the periods between which the waves lie."""
        periods = np.exp(rng.uniform(math.log(fastest_s), math.log(slowest_s),
                                     (waves, components)))
        self._rate = 2 * math.pi / periods
        self._phase = rng.uniform(0, 2 * math.pi, (waves, components))
        # Slow waves are the larger ones.
        self._share = periods / np.sqrt((periods ** 2).sum(axis=0) / 2)

    def __call__(self, time_s: float) -> Array:
        """Return the components (N,) at a time."""
        return np.asarray(
            (self._share * np.sin(self._rate * time_s + self._phase)).sum(axis=0))
