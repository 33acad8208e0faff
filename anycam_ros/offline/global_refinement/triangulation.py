# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The depth of tracks in images with known poses."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.refinement import Tracks

DEPTH_NOISE_PX = 1.0             # of an observation, relative to which the typical depth counts


def triangulated(tracks: Tracks, T_world_camera: Array, focal_px: float) -> NDArray[np.float64]:
    """Return the inverse depths (N,) that fit all observations best, by least squares.

    A track without parallax gets the typical inverse depth.
    """
    T_camera_world = inverse(T_world_camera)
    direction = rays(tracks.points_px[:, 0], focal_px)
    fitted, information = np.zeros(len(tracks)), np.zeros(len(tracks))
    for column in range(1, tracks.weight.shape[1]):
        rows = np.flatnonzero(tracks.weight[:, column] > 0)
        first = tracks.first_frame[rows]
        T = T_camera_world[first + column] @ T_world_camera[first]
        turned = np.einsum('nij,nj->ni', T[:, :3, :3], direction[rows])
        seen = tracks.points_px[rows, column] / focal_px
        # u (a_z + d t_z) = a_x + d t_x, and the same for v.
        coefficient = seen * T[:, 2:3, 3] - T[:, :2, 3]
        constant = turned[:, :2] - seen * turned[:, 2:]
        fitted[rows] += tracks.weight[rows, column] * (coefficient * constant).sum(axis=1)
        information[rows] += tracks.weight[rows, column] * (coefficient ** 2).sum(axis=1)
    prior = (DEPTH_NOISE_PX / focal_px) ** 2
    is_clear = information > prior
    typical = float(np.median(fitted[is_clear] / information[is_clear])) \
        if is_clear.any() else 1.0
    typical = max(typical, 1e-6)
    depth = (fitted + prior / typical) / (information + prior / typical ** 2)
    return np.asarray(np.clip(depth, 0.01 * typical, 100 * typical))
