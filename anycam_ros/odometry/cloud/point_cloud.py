# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Coloured points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Hold N coloured points."""

    positions: NDArray[np.float32]    # (N, 3)
    colours: NDArray[np.uint8]        # (N, 3) RGB

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.positions)

    def chosen(self, rows: NDArray[np.bool_]) -> 'PointCloud':
        """Return those of the chosen points (N,)."""
        return PointCloud(self.positions[rows], self.colours[rows])

    def transformed(self, T_target_source: Array) -> 'PointCloud':
        """Return the points in another frame."""
        R, t = T_target_source[:3, :3], T_target_source[:3, 3]
        return PointCloud((self.positions @ R.T + t).astype(np.float32), self.colours)
