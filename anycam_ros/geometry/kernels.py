# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Linear algebra of a few rows for compiled code, where a call of a library costs more.

Numba's own needs SciPy's BLAS besides. The tracker's keep the order of their sums; those of the
refinement, which fill what they are given, are free in it.
"""

import math

import numpy as np

from anycam_ros.geometry.compiled import compiled, compiled_reordered
from anycam_ros.geometry.se3 import Array


@compiled
def product(A: Array, B: Array) -> Array:
    """Return the matrix product of A (N, K) and B (K, M)."""
    out = np.zeros((A.shape[0], B.shape[1]))
    for i in range(A.shape[0]):
        for k in range(A.shape[1]):
            for j in range(B.shape[1]):
                out[i, j] += A[i, k] * B[k, j]
    return out


@compiled
def times_vector(A: Array, v: Array) -> Array:
    """Return the product of A (N, K) and v (K,)."""
    out = np.zeros(A.shape[0])
    for i in range(A.shape[0]):
        for k in range(A.shape[1]):
            out[i] += A[i, k] * v[k]
    return out


@compiled
def solve_positive_definite(A: Array, b: Array) -> Array:
    """Return x with A x = b for a symmetric positive definite A (N, N) (Cholesky)."""
    count = len(b)
    L: Array = np.zeros((count, count))
    x: Array = b.copy()
    for i in range(count):
        for j in range(i + 1):
            remaining = A[i, j]
            for k in range(j):
                remaining -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = math.sqrt(max(remaining, 1e-30))
            else:
                L[i, j] = remaining / L[j, j]
    for i in range(count):
        for k in range(i):
            x[i] -= L[i, k] * x[k]
        x[i] /= L[i, i]
    for i in range(count - 1, -1, -1):
        for k in range(i + 1, count):
            x[i] -= L[k, i] * x[k]
        x[i] /= L[i, i]
    return x


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
