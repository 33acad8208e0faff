# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The unit of length over a restart of the map: as fast as before, or as deep as before."""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.geometric.mapping.sliding_window import (
    scene_inverse_depth,
    SlidingWindow,
)
from anycam_ros.geometry.se3 import inverse


@dataclass(frozen=True)
class ScaleMemoryOptions:
    """Choose what tells the unit of a new map."""

    remembered_frames: int = 30    # whose median speed counts: one second of most cameras
    minimum_speed: float = 0.02    # scene depths per second; slower says nothing
    jump: float = 3.0              # of a step to the fastest of the frames before
    runaway: float = 4.0           # by which speed and depth grow together, in those frames
    fastest_percentile: float = 90.0   # of their speeds

    @property
    def newest_frames(self) -> int:
        """Return how many frames are compared with those before."""
        return self.remembered_frames // 3


class _Seen(NamedTuple):
    """Hold what a frame told of speed and depth, in the unit at hand."""

    speed: float             # units per second
    inverse_depth: float     # of the scene


class ScaleMemory:
    """Remember speed and scene depth, and give a new map the same unit.

    Medians over the frames before, over more than one map where the last was short: one that was
    wrong must not hand on its unit. The inverse depth of the scene in the first map becomes 1.
    """

    def __init__(self, options: ScaleMemoryOptions) -> None:
        self._options = options
        self._seen: deque[_Seen] = deque(maxlen=options.remembered_frames)

    @property
    def inverse_depth(self) -> float:
        """Return the inverse depth of the scene in the newest frame; 1 before there is one."""
        return self._seen[-1].inverse_depth if self._seen else 1.0

    @property
    def runs_away(self) -> bool:
        """Return whether the camera got far faster just when all got as much farther away.

        In the image nothing has changed then: it is the unit that has.
        """
        newest = self._options.newest_frames
        if len(self._seen) < 2 * newest:
            return False
        seen, runaway = np.array(self._seen), self._options.runaway
        before, now = (np.median(part, axis=0) for part in (seen[:-newest], seen[-newest:]))
        return bool(now[0] > runaway * before[0] and runaway * now[1] < before[1])

    def is_jump(self, distance: float, seconds: float) -> bool:
        """Return whether a step is far faster than the camera has been."""
        if len(self._seen) < self._options.newest_frames:
            return False
        speeds, inverse_depths = np.array(self._seen).T
        fastest = max(float(np.percentile(speeds, self._options.fastest_percentile)),
                      self._options.minimum_speed / float(np.median(inverse_depths)))
        return distance > self._options.jump * fastest * seconds

    def remember(self, distance: float, seconds: float, window: SlidingWindow) -> None:
        """Take note of the motion between two frames."""
        depths = window.inverse_depths_in_newest()
        self._seen.append(_Seen(
            distance / max(seconds, 1e-6),
            scene_inverse_depth(depths) if len(depths) else self.inverse_depth))

    def rescale(self, factor: float) -> None:
        """Remember in another unit: every length is multiplied."""
        self._seen = deque((_Seen(factor * speed, inverse_depth / factor)
                            for speed, inverse_depth in self._seen), self._seen.maxlen)

    def apply(self, window: SlidingWindow, seconds: float) -> None:
        """Scale a new window, whose views were taken over `seconds`, to the remembered unit."""
        speed, inverse_depth = np.median(self._seen, axis=0) if self._seen else (0.0, 1.0)
        T = window.T_camera_world
        baseline = float(np.linalg.norm((T[-1] @ inverse(T[0]))[:3, 3]))
        tells_speed = speed * inverse_depth > self._options.minimum_speed and baseline > 0
        window.rescale(speed * seconds / baseline if tells_speed else
                       scene_inverse_depth(window.inverse_depths_in_newest()) / inverse_depth)

    def forget_newest(self) -> None:
        """Go back to what was remembered before the unit went wrong."""
        for _ in range(min(self._options.newest_frames, len(self._seen) - 1)):
            self._seen.pop()
