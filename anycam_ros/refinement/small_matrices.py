# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Products of small matrices as plain loops: quick to compile, and free of BLAS threads."""

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array


@compiled_reordered
def multiply(A: Array, B: Array, out: Array) -> None:
    """Fill out (n, m) with A (n, k) times B (k, m)."""
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            total = 0.0
            for k in range(A.shape[1]):
                total += A[i, k] * B[k, j]
            out[i, j] = total


@compiled_reordered
def relative_pose(R_to: Array, t_to: Array, R_of: Array, t_of: Array, R: Array,
                  t: Array) -> None:
    """Fill the motion from one camera to another, both given as world to camera."""
    for i in range(3):
        for k in range(3):
            R[i, k] = R_to[i, 0] * R_of[k, 0] + R_to[i, 1] * R_of[k, 1] + R_to[i, 2] * R_of[k, 2]
        t[i] = t_to[i] - R[i, 0] * t_of[0] - R[i, 1] * t_of[1] - R[i, 2] * t_of[2]


@compiled_reordered
def fill_cross(x: float, y: float, z: float, out: Array) -> None:
    """Fill the matrix (3, 3) of the cross product with a vector."""
    out[0, 0], out[0, 1], out[0, 2] = 0.0, -z, y
    out[1, 0], out[1, 1], out[1, 2] = z, 0.0, -x
    out[2, 0], out[2, 1], out[2, 2] = -y, x, 0.0
