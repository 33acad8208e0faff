# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points thinned to one per voxel, in bounded memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

POINT = np.dtype([('cell', '<i4', 3), ('depth', '<f4'), ('pose', '<i4'),
                  ('position', '<f4', 3), ('colour', 'u1', 3)])
BUFFERED = 200_000               # points, before they are thinned

Points = NDArray[np.void]


class VoxelGrid:
    """Keep, of the points in a voxel, the one that was seen from the smallest depth.

    A point stays in the camera frame, with the index of its pose, so that poses may be refined
    afterwards.
    """

    def __init__(self, side: float, most: int) -> None:
        """Set the side of a voxel; it doubles while there are more than `most` points."""
        self._side, self._most = side, most
        self._kept = np.zeros(0, POINT)
        self._new: list[Points] = []

    def add(self, pose: int, in_camera: NDArray[np.float32], in_world: NDArray[np.float32],
            colours: NDArray[np.uint8]) -> None:
        """Add N points (N, 3), in the frame of the camera of that pose and in the world."""
        points: NDArray[Any] = np.zeros(len(in_camera), POINT)
        points['cell'] = np.floor(in_world / self._side)
        points['depth'], points['pose'] = in_camera[:, 2], pose
        points['position'], points['colour'] = in_camera, colours
        self._new.append(points)
        if sum(map(len, self._new)) > BUFFERED:
            self._thin()

    @property
    def points(self) -> Points:
        """Return the points, in the order of their voxels."""
        self._thin()
        return self._kept

    def _thin(self) -> None:
        self._kept = _nearest_of_each_cell(np.concatenate([self._kept, *self._new]))
        self._new = []
        while len(self._kept) > self._most:
            self._side *= 2
            self._kept['cell'] //= 2
            self._kept = _nearest_of_each_cell(self._kept)


def _nearest_of_each_cell(points: Points) -> Points:
    cell = points['cell']
    order = np.lexsort((points['depth'], *cell.T))     # stable: of two equals the older one
    points, cell = points[order], cell[order]
    is_first = np.ones(len(points), np.bool_)
    is_first[1:] = (cell[1:] != cell[:-1]).any(axis=1)
    return points[is_first]
