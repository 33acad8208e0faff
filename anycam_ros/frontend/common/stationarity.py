# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Zero-motion detection: the image keeps its place over several frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class StationarityOptions:
    """Choose when a camera counts as stationary."""

    maximum_px: float = 0.25       # that a point moves since the camera came to rest
    minimum_share: float = 0.5     # of the points, that must rest; people cover less
    frames: int = 4                # in a row, before it counts


DEFAULT = StationarityOptions()


class StationarityDetector:
    """Say whether the camera is stationary, so that noise is not integrated into a walk.

    The comparison is with where the points were when the camera came to rest, not with the frame
    before: a creep adds up and is noticed. At the start the camera moves.
    """

    def __init__(self, options: StationarityOptions = DEFAULT) -> None:
        self._options = options
        self.forget()

    def forget(self) -> None:
        """Start again, with other points."""
        self._rest_px: Array | None = None
        self._frames = 0

    def rest_at(self, positions_px: Array) -> None:
        """Take it that the camera rests with the points (N, 2) here, until they leave."""
        self._rest_px, self._frames = positions_px, self._options.frames

    def update(self, positions_px: Array, is_valid: NDArray[np.bool_]) -> bool:
        """Return whether the points (N, 2) have stayed where they came to rest."""
        if self._rest_px is not None and is_valid.any():
            moved = np.linalg.norm(positions_px - self._rest_px, axis=1)[is_valid]
            if (moved < self._options.maximum_px).mean() > self._options.minimum_share:
                self._frames += 1
                return self._frames >= self._options.frames
        self._rest_px, self._frames = positions_px, 0
        return False
