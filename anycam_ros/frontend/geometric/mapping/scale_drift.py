# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scale drift: by how much refinement changes all depths together.

Tracks that several key frames have seen hold the unit of the map. Without baseline nothing does,
and each key frame lets the depths run a little farther.
"""

from collections import deque
from dataclasses import dataclass
import math

import numpy as np

from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class ScaleDriftOptions:
    """Choose when a scale runs away."""

    period_s: float = 0.5          # over which changes are summed up
    # A sound map changes by 0.02 in that time, one that fails by 1.5 and more.
    maximum: float = math.log(2)   # of the logarithm of the scale
    minimum_tracks: int = 10       # for a median


class ScaleDrift:
    """Sum up the common change of the depths over the last half second."""

    def __init__(self, options: ScaleDriftOptions) -> None:
        self._options = options
        self._changes: deque[tuple[float, float]] = deque()    # stamp (s), change of log depth

    def forget(self) -> None:
        """Begin with a new map."""
        self._changes.clear()

    def observe(self, stamp_s: float, depth_before: Array, depth_after: Array) -> None:
        """Take in the inverse depths (N,) of well-seen tracks before and after refinement."""
        if len(depth_before) < self._options.minimum_tracks:
            return
        change = float(np.median(np.log(np.maximum(depth_after, 1e-12)
                                        / np.maximum(depth_before, 1e-12))))
        self._changes.append((stamp_s, change))
        while self._changes[0][0] < stamp_s - self._options.period_s:
            self._changes.popleft()

    @property
    def runs_away(self) -> bool:
        """Return whether nothing holds the scale any more."""
        return abs(sum(change for _, change in self._changes)) > self._options.maximum
