# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The unit of length over a restart of the map: as fast as before, or as deep as before."""

from collections import deque

import numpy as np

from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.geometry.se3 import inverse

REMEMBERED_FRAMES = 30
MINIMUM_SPEED = 0.02             # scene depths per second; slower says nothing


class ScaleMemory:
    """Remember speed and scene depth, and give a new map the same unit."""

    def __init__(self) -> None:
        """Start with nothing known: the first map's median inverse depth becomes 1."""
        self._speeds: deque[float] = deque(maxlen=REMEMBERED_FRAMES)
        self.inverse_depth = 1.0

    def remember(self, distance: float, seconds: float, local_map: LocalMap) -> None:
        """Take note of the motion between two frames."""
        self._speeds.append(distance / max(seconds, 1e-6))
        depths = local_map.depths_in_newest()
        if len(depths):
            self.inverse_depth = float(np.median(depths))

    def rescale(self, factor: float) -> None:
        """Remember in another unit: every length is multiplied."""
        self._speeds = deque((factor * speed for speed in self._speeds), REMEMBERED_FRAMES)
        self.inverse_depth /= factor

    def apply(self, local_map: LocalMap, seconds: float) -> None:
        """Scale a map of two views, taken `seconds` apart, to the remembered unit."""
        depth_ratio = float(np.median(local_map.depths_in_newest())) / self.inverse_depth
        factor = depth_ratio
        if self._speeds:
            speed = float(np.median(self._speeds))
            T = local_map.T_camera_world
            baseline = float(np.linalg.norm((T[-1] @ inverse(T[0]))[:3, 3]))
            if speed * self.inverse_depth > MINIMUM_SPEED and baseline > 0:
                factor = speed * seconds / baseline
        local_map.rescale(factor)
        self._speeds.clear()
