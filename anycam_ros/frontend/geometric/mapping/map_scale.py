# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The unit of length over a restart of the map: as fast as before, or as deep as before."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.se3 import Array, inverse


@dataclass(frozen=True)
class ScaleMemoryOptions:
    """Choose what tells the unit of a new map."""

    remembered_frames: int = 30    # whose median speed counts: one second of most cameras
    minimum_speed: float = 0.02    # scene depths per second; slower says nothing
    depth_percentile: float = 75.0     # of inverse depths, that is the scene's: half of the points
                                       # may be too far for any depth


class ScaleMemory:
    """Remember speed and scene depth, and give a new map the same unit.

    The inverse depth of the scene in the first map becomes 1.
    """

    def __init__(self, options: ScaleMemoryOptions) -> None:
        self._options = options
        self._speeds: deque[float] = deque(maxlen=options.remembered_frames)
        self.inverse_depth = 1.0
        self._before = (self._speeds.copy(), self.inverse_depth)

    def remember(self, distance: float, seconds: float, window: SlidingWindow) -> None:
        """Take note of the motion between two frames."""
        self._speeds.append(distance / max(seconds, 1e-6))
        depths = window.inverse_depths_in_newest()
        if len(depths):
            self.inverse_depth = self._of_scene(depths)

    def rescale(self, factor: float) -> None:
        """Remember in another unit: every length is multiplied."""
        self._speeds = _multiplied(self._speeds, factor)
        self.inverse_depth /= factor
        speeds, inverse_depth = self._before
        self._before = (_multiplied(speeds, factor), inverse_depth / factor)

    def apply(self, window: SlidingWindow, seconds: float) -> None:
        """Scale a new window, whose views were taken over `seconds`, to the remembered unit."""
        factor = self._of_scene(window.inverse_depths_in_newest()) / self.inverse_depth
        if self._speeds:
            speed = float(np.median(self._speeds))
            T = window.T_camera_world
            baseline = float(np.linalg.norm((T[-1] @ inverse(T[0]))[:3, 3]))
            if speed * self.inverse_depth > self._options.minimum_speed and baseline > 0:
                factor = speed * seconds / baseline
        window.rescale(factor)
        self._before = (self._speeds.copy(), self.inverse_depth)
        self._speeds.clear()

    def restore(self) -> None:
        """Go back to what was remembered before the map that has failed."""
        self._speeds, self.inverse_depth = self._before

    def _of_scene(self, inverse_depths: Array) -> float:
        return float(np.percentile(inverse_depths, self._options.depth_percentile))


def _multiplied(values: deque[float], factor: float) -> deque[float]:
    return deque((factor * value for value in values), values.maxlen)
