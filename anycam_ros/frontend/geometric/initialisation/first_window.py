# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The window that a map starts with."""

from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.se3 import Array, from_rotation_translation


class FirstWindow(NamedTuple):
    """Hold the window, and what was published of it by rotation alone."""

    window: SlidingWindow
    is_metric: bool            # made of one image and its depth, not of parallax
    stamp_s: float             # of its first key frame
    R_newest_first: Array      # (3, 3) from its first to its newest key frame, as published

    @property
    def published_turn(self) -> Array:
        """Return the pose (4, 4) of the newest key frame as it was published: a turn."""
        return from_rotation_translation(self.R_newest_first, np.zeros(3))

    @property
    def refined_turn(self) -> Array:
        """Return the turn (4, 4) of the newest key frame as the window has it."""
        return from_rotation_translation(self.window.T_camera_world[-1][:3, :3], np.zeros(3))

    def stamps_s(self, newest_s: float) -> list[float | None]:
        """Return the stamps of the key frames; None for one that no output was made for."""
        if self.is_metric:
            return [newest_s]
        return [self.stamp_s, *[None] * (len(self.window) - 2), newest_s]
