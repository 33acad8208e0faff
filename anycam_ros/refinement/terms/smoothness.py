# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The smoothness of the path (equation 18)."""

import math

import numpy as np

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.kernels import multiply, relative_pose
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.state import NormalEquations, State

SMOOTHNESS_CORNER = 1e-5    # |e| becomes sqrt(e^2 + corner^2), as for the residuals


@compiled_reordered
def add_smoothness(state: State, weight: float, equations: NormalEquations) -> float:
    """Add weight times the summed norms of (18) to the equations; return their cost."""
    cost = 0.0
    change, J = np.empty(12), np.empty((12, 18))
    for i in range(len(state.t) - 2):
        fill_change_of_motion(state, i, change, J)
        for e in range(12):
            size = math.sqrt(change[e] * change[e] + SMOOTHNESS_CORNER * SMOOTHNESS_CORNER)
            cost += weight * size
            w = 0.5 * weight / size
            for p in range(18):
                equations.gradient[6 * i + p] += w * J[e, p] * change[e]
                for q in range(p + 1):
                    _add_to_band(equations.band, 6 * i + p, 6 * i + q, w * J[e, p] * J[e, q])
    return cost


@compiled_reordered
def fill_change_of_motion(state: State, i: int, change: Array, J: Array) -> None:
    """Fill the upper rows of P_i^-1 P_i+1 - I (12,) row by row, and their derivatives (12, 18).

    P_i maps points of camera i into camera i + 1; the columns are the left perturbations of
    T_camera_world of frames i, i + 1 and i + 2.
    """
    A, B, D, G = np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4))
    AG, AGB, GD, DG = np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4))
    R, t, j = state.R, state.t, i + 1
    relative_pose(R[i], t[i], R[j], t[j], A[:3, :3], A[:3, 3])
    relative_pose(R[j + 1], t[j + 1], R[j], t[j], B[:3, :3], B[:3, 3])
    A[3, 3], B[3, 3] = 1.0, 1.0
    multiply(A, B, D)
    for k in range(6):
        _fill_generator(k, G)
        multiply(A, G, AG)
        multiply(AG, B, AGB)
        multiply(G, D, GD)
        multiply(D, G, DG)
        for e in range(12):
            row, column = e // 4, e % 4
            J[e, k] = GD[row, column]
            J[e, 6 + k] = -AGB[row, column] - DG[row, column]
            J[e, 12 + k] = AGB[row, column]
    for e in range(12):
        change[e] = D[e // 4, e % 4] - (1.0 if e % 5 == 0 else 0.0)


@compiled_reordered
def _fill_generator(k: int, G: Array) -> None:
    """Fill the matrix (4, 4) of a unit perturbation: k < 3 linear, else angular."""
    for row in range(3):
        G[row, 3] = 1.0 if row == k else 0.0
    _fill_cross(1.0 if k == 3 else 0.0, 1.0 if k == 4 else 0.0, 1.0 if k == 5 else 0.0, G[:3, :3])


@compiled_reordered
def _fill_cross(x: float, y: float, z: float, out: Array) -> None:
    """Fill the matrix (3, 3) of the cross product with a vector."""
    out[0, 0], out[0, 1], out[0, 2] = 0.0, -z, y
    out[1, 0], out[1, 1], out[1, 2] = z, 0.0, -x
    out[2, 0], out[2, 1], out[2, 2] = -y, x, 0.0


@compiled_reordered
def _add_to_band(band: Array, row: int, column: int, value: float) -> None:
    """Add to an entry and, inside a pose's own block, to its mirror image."""
    width = band.shape[1] // 6
    band[row, column - 6 * (row // 6 - width + 1)] += value
    if row // 6 == column // 6 and row != column:
        band[column, row - 6 * (column // 6 - width + 1)] += value
