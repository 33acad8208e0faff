# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Unit quaternions in the order of ROS: x, y, z, w."""

import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import so3_log


def quaternion_from_rotation(R: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quaternion (4,) of a rotation (3, 3), with w >= 0."""
    vector = so3_log(R)
    angle = float(np.linalg.norm(vector))
    half_sine = math.sin(angle / 2) / angle if angle > 0 else 0.5
    return np.append(half_sine * vector, math.cos(angle / 2))


def rotations_from_quaternions(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotations (N, 3, 3) of quaternions (N, 4) of any length but 0."""
    x, y, z, w = (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).T
    rows = [[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]
    return np.moveaxis(np.array(rows), 2, 0)
