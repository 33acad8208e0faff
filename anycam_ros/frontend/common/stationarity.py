# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Standing still: the picture keeps its place over several frames."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array

STATIONARY_PX = 0.25
STATIONARY_SHARE = 0.5
FRAMES = 4


class StationarityDetector:
    """Say whether the camera stands, so that noise is not integrated into a walk.

    The comparison is with where the points were when the camera came to rest, not with the frame
    before: a creep adds up and is noticed.
    """

    def __init__(self) -> None:
        """Start in motion."""
        self.forget()

    def forget(self) -> None:
        """Start anew, with other points."""
        self._rest_px: Array | None = None
        self._frames = 0

    def rest_at(self, positions_px: Array) -> None:
        """Take it that the camera rests with the points (N, 2) here, until they leave."""
        self._rest_px, self._frames = positions_px, FRAMES

    def update(self, positions_px: Array, is_valid: NDArray[np.bool_]) -> bool:
        """Return whether the points (N, 2) have stayed where they came to rest."""
        if self._rest_px is not None and is_valid.any():
            moved = np.linalg.norm(positions_px - self._rest_px, axis=1)[is_valid]
            if (moved < STATIONARY_PX).mean() > STATIONARY_SHARE:
                self._frames += 1
                return self._frames >= FRAMES
        self._rest_px, self._frames = positions_px, 0
        return False
