# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past as refinement sees it now, which odom must not follow (REP-105)."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from anycam_ros.geometry.se3 import Array, inverse

KEPT_POSES = 2000


class PastPose(NamedTuple):
    """Hold where the camera was, seen from where it is."""

    stamp_s: float
    T_camera_past: Array    # (4, 4) points of the past camera to the present one


class RefinedTrajectory:
    """Remember the poses of key frames: of those in the window the stamps, of older ones all.

    The world is that of the current map.
    """

    def __init__(self) -> None:
        self._settled: deque[tuple[float, Array]] = deque(maxlen=KEPT_POSES)
        self._stamps_s: list[float | None] = []

    def start(self, stamps_s: Sequence[float | None]) -> None:
        """Take the key frames of a new window; None for one that no output was made for."""
        self._stamps_s = list(stamps_s)

    def add(self, stamp_s: float) -> None:
        """Take the newest key frame of the window."""
        self._stamps_s.append(stamp_s)

    def settle(self, T_camera_world: Iterable[Array]) -> None:
        """Keep the oldest key frames of the window as they are; they are about to leave it."""
        for T in T_camera_world:
            stamp_s = self._stamps_s.pop(0)
            if stamp_s is not None:
                self._settled.append((stamp_s, inverse(T)))

    def change_world(self, T_new_old: Array) -> None:
        """Go over to another world, into which T_new_old carries points of the present one."""
        self._settled = deque(((stamp_s, T_new_old @ T) for stamp_s, T in self._settled),
                              KEPT_POSES)

    def rescale(self, factor: float) -> None:
        """Multiply every length."""
        for _, T_world_past in self._settled:
            T_world_past[:3, 3] *= factor

    def seen_from(self, T_camera_world: Array, window: Iterable[Array]) -> list[PastPose]:
        """Return the past, oldest first, with the window's key frames (T_camera_world) last."""
        window_poses = ((stamp_s, inverse(T))
                        for stamp_s, T in zip(self._stamps_s, window, strict=True)
                        if stamp_s is not None)
        return [PastPose(stamp_s, T_camera_world @ T_world_past)
                for stamp_s, T_world_past in (*self._settled, *window_poses)]
