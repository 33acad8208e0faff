# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speeds that were measured beside the images, at their own times."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from anycam_ros.messages.speed import Speed

MAXIMUM_GAP_S = 0.5
KEPT_S = 20.0
CLOCK_SET_BACK_S = 1.0
INSTANTS = 9                     # at which an interval is looked at
USUAL_STD = 0.05           # of the speed, where the sensor states none


class SpeedHistory:
    """Keep the latest speeds in the order of their stamps."""

    def __init__(self) -> None:
        """Start with none."""
        self._stamps_s: list[float] = []
        self._speeds: list[Speed] = []

    def add(self, speed: Speed) -> None:
        """Take in a speed, which may come late; one much older tells that the clock jumped."""
        if self._stamps_s and speed.stamp_s < self._stamps_s[-1] - CLOCK_SET_BACK_S:
            self._stamps_s.clear()
            self._speeds.clear()
        place = bisect_left(self._stamps_s, speed.stamp_s)
        # A source without stamps must not fill the memory.
        again = int(speed.stamp_s in self._stamps_s[place:place + 1])
        self._stamps_s[place:place + again] = [speed.stamp_s]
        self._speeds[place:place + again] = [speed]
        old = bisect_left(self._stamps_s, self._stamps_s[-1] - KEPT_S)
        del self._stamps_s[:old], self._speeds[:old]

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._speeds)

    def reaches(self, stamp_s: float) -> bool:
        """Return whether a speed of this time or later has come."""
        return bool(self._stamps_s) and self._stamps_s[-1] >= stamp_s

    def over(self, start_s: float, end_s: float) -> Speed | None:
        """Return the mean speed of an interval; None where it was not measured throughout.

        A single message that differs from both its neighbours does not count.
        """
        first = bisect_left(self._stamps_s, start_s + 1e-9) - 1
        last = bisect_left(self._stamps_s, end_s - 1e-9)
        if first < 0 or last >= len(self._stamps_s):
            return None
        part = slice(max(first - 1, 0), last + 2)
        stamps_s, seen = np.array(self._stamps_s[part]), self._speeds[part]
        if np.diff(stamps_s).max(initial=0.0) > MAXIMUM_GAP_S:
            return None
        speeds_mps = _without_spikes(np.array([speed.speed_mps for speed in seen]))
        instants_s = np.linspace(start_s, end_s, INSTANTS)
        mean_mps = float(np.interp(instants_s, stamps_s, speeds_mps).mean())
        stated_mps = float(np.median([speed.std_mps for speed in seen]))
        return Speed(end_s, mean_mps, stated_mps or USUAL_STD * mean_mps)


def _without_spikes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each value and its neighbours."""
    padded = np.pad(values, 1, mode='edge')
    return np.asarray(np.median([padded[:-2], values, padded[2:]], axis=0), np.float64)
