# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Thinned points: one per voxel, the one seen from nearest by, and never too many."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.offline.reconstruction import voxel_grid
from anycam_ros.offline.reconstruction.voxel_grid import VoxelGrid


def add(grid: VoxelGrid, pose: int, depth: float, in_world: NDArray[np.float64]) -> None:
    in_camera = np.tile(np.array([0.0, 0.0, depth], np.float32), (len(in_world), 1))
    colours = np.full((len(in_world), 3), pose, np.uint8)
    grid.add(pose, in_camera, in_world.astype(np.float32), colours)


def test_the_nearest_view_of_a_voxel_stays() -> None:
    grid = VoxelGrid(0.5, most=100)
    place = np.array([[-0.1, 0.2, 1.2], [0.1, 0.2, 1.2]])
    for pose, depth in enumerate((3.0, 1.0, 2.0, 1.0)):
        add(grid, pose, depth, place)
    points = grid.points
    assert len(points) == 2        # voxels begin at whole multiples of the side, also below 0
    assert points['pose'].tolist() == [1, 1]
    np.testing.assert_array_equal(points['position'], [[0, 0, 1], [0, 0, 1]])
    assert points['colour'].tolist() == [[1, 1, 1]] * 2


def test_voxels_grow_until_there_are_few_enough() -> None:
    rng, grid = np.random.default_rng(0), VoxelGrid(0.01, most=1000)
    places = [rng.uniform(-1, 1, (voxel_grid.BUFFERED // 3, 3)) for _ in range(7)]
    for pose, place in enumerate(places):
        add(grid, pose, 1.0, place)
    points = grid.points
    assert 100 < len(points) <= 1000
    assert len(np.unique(points['cell'], axis=0)) == len(points)
    assert np.ptp(points['cell'], axis=0).min() >= 4      # the whole room is still there
