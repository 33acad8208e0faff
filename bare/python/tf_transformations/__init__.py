# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of tf_transformations that the node uses: quaternions x y z w, by transforms3d."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from transforms3d.quaternions import mat2quat, quat2mat


def quaternion_matrix(quaternion: ArrayLike) -> NDArray[np.float64]:
    """Return the (4, 4) matrix of a rotation."""
    x, y, z, w = np.asarray(quaternion, np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = quat2mat((w, x, y, z))
    return matrix


def quaternion_from_matrix(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation of a (4, 4) matrix as x y z w, with w at least 0."""
    w, x, y, z = mat2quat(matrix[:3, :3])
    return np.array([x, y, z, w])
