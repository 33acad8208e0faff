# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera system: inverse depths eliminated, then solved by a banded Cholesky factor.

Poses that no track ties together have no common entry, and elimination in the order of time
adds none: the factor keeps the band (and its two full rows of intrinsics). Cost and memory grow
linearly with the number of key frames.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.state import INTRINSICS, NormalEquations, Observations

Mask = NDArray[np.bool_]

RANK_TOLERANCE = 1e-10      # pivots below this share of their diagonal count as unobserved


class CameraSystem(NamedTuple):
    """Hold the reduced system, and after factorise() its Cholesky factor."""

    band: Array        # (6 F, 6 B)
    border: Array      # (2, 6 F + 2)
    gradient: Array    # (6 F + 2,)


@compiled_reordered
def new_system(equations: NormalEquations) -> CameraSystem:
    """Return a system of the same shape."""
    return CameraSystem(np.empty(equations.band.shape), np.empty(equations.border.shape),
                        np.empty(equations.gradient.shape))


@compiled_reordered
def eliminate_depths(equations: NormalEquations, observations: Observations, damping: float,
                     is_free: Mask, system: CameraSystem) -> None:
    """Fill the camera system: the Schur complement, with Marquardt's damping.

    What is not free (6 F + 2,) gets the rows and columns of the unit matrix.
    """
    poses, width = system.band.shape
    for i in range(poses):
        system.gradient[i] = equations.gradient[i]
        for k in range(width):
            system.band[i, k] = equations.band[i, k]
        system.band[i, width - 6 + i % 6] *= 1.0 + damping
    for q in range(INTRINSICS):
        system.gradient[poses + q] = equations.gradient[poses + q]
        for k in range(poses + INTRINSICS):
            system.border[q, k] = equations.border[q, k]
        system.border[q, poses + q] *= 1.0 + damping
    _subtract_tracks(equations, observations, damping, system)
    _hold(is_free, system)


@compiled_reordered
def _subtract_tracks(equations: NormalEquations, observations: Observations, damping: float,
                     system: CameraSystem) -> None:
    band, border, gradient = system.band, system.border, system.gradient
    count, length = observations.weight.shape
    poses, width = len(band), band.shape[1] // 6
    frames = poses // 6
    for n in range(count):
        if equations.depth_hessian[n] <= 0.0:
            continue
        row = equations.camera_depth[n]
        inverse = 1.0 / (equations.depth_hessian[n] * (1.0 + damping))
        toward = equations.depth_gradient[n] * inverse
        a = observations.first_frame[n]
        end = min(length, frames - a)
        for j in range(end):
            if j > 0 and observations.weight[n, j] == 0.0:
                continue
            _subtract_rows(band, 6 * (a + j), 6 * (width - 1 - j), row, 6 * j, inverse)
            for i in range(6 * j, 6 * j + 6):
                gradient[6 * a + i] -= row[i] * toward
        for q in range(INTRINSICS):
            factor = row[6 * length + q] * inverse
            gradient[poses + q] -= row[6 * length + q] * toward
            for k in range(6 * end):
                border[q, 6 * a + k] -= factor * row[k]
            for k in range(INTRINSICS):
                border[q, poses + k] -= factor * row[6 * length + k]


@compiled_reordered
def _subtract_rows(band: Array, first: int, shift: int, row: Array, start: int,
                   inverse: float) -> None:
    """Subtract a track's outer product from the six rows of one pose.

    Written out, since the compiler then keeps all six in registers: four times as fast as a loop.
    """
    f0, f1, f2 = row[start] * inverse, row[start + 1] * inverse, row[start + 2] * inverse
    f3, f4, f5 = row[start + 3] * inverse, row[start + 4] * inverse, row[start + 5] * inverse
    r0, r1, r2 = band[first], band[first + 1], band[first + 2]
    r3, r4, r5 = band[first + 3], band[first + 4], band[first + 5]
    for k in range(start + 6):
        value = row[k]
        r0[shift + k] -= f0 * value
        r1[shift + k] -= f1 * value
        r2[shift + k] -= f2 * value
        r3[shift + k] -= f3 * value
        r4[shift + k] -= f4 * value
        r5[shift + k] -= f5 * value


@compiled_reordered
def _hold(is_free: Mask, system: CameraSystem) -> None:
    band, border, gradient = system.band, system.border, system.gradient
    poses, width = len(band), band.shape[1] // 6
    for i in range(poses):
        start = 6 * (i // 6 - width + 1)
        for k in range(max(0, -start), i - start + 1):
            if not (is_free[i] and is_free[start + k]):
                band[i, k] = 0.0
        if not is_free[i]:
            band[i, i - start], gradient[i] = 1.0, 0.0
    for q in range(INTRINSICS):
        for k in range(poses + INTRINSICS):
            if not (is_free[poses + q] and is_free[k]):
                border[q, k] = 0.0
        if not is_free[poses + q]:
            border[q, poses + q], gradient[poses + q] = 1.0, 0.0


@compiled_reordered
def factorise(system: CameraSystem) -> None:
    """Overwrite the matrix with its lower Cholesky factor.

    A pivot that rounding leaves nothing of belongs to an unobserved direction: it becomes tiny,
    so that the direction has next to no information.
    """
    band, border = system.band, system.border
    poses, width = len(band), band.shape[1] // 6
    for i in range(poses):
        start = 6 * (i // 6 - width + 1)
        for c in range(max(0, start), i):
            shift = 6 * (c // 6 - width + 1)
            total = band[i, c - start]
            for k in range(max(0, start), c):
                total -= band[i, k - start] * band[c, k - shift]
            band[i, c - start] = total / band[c, c - shift]
        diagonal = band[i, i - start]
        total = diagonal
        for k in range(max(0, start), i):
            total -= band[i, k - start] ** 2
        band[i, i - start] = _pivot(total, diagonal)
    for q in range(INTRINSICS):
        _factorise_border(band, border, q)


@compiled_reordered
def _factorise_border(band: Array, border: Array, q: int) -> None:
    """Overwrite one row of the intrinsics; those before it are done."""
    poses, width = len(band), band.shape[1] // 6
    for c in range(poses):
        shift = 6 * (c // 6 - width + 1)
        total = border[q, c]
        for k in range(max(0, shift), c):
            total -= border[q, k] * band[c, k - shift]
        border[q, c] = total / band[c, c - shift]
    for c in range(q):
        total = border[q, poses + c]
        for k in range(poses + c):
            total -= border[q, k] * border[c, k]
        border[q, poses + c] = total / border[c, poses + c]
    diagonal = border[q, poses + q]
    total = diagonal
    for k in range(poses + q):
        total -= border[q, k] ** 2
    border[q, poses + q] = _pivot(total, diagonal)


@compiled_reordered
def _pivot(remaining: float, diagonal: float) -> float:
    return math.sqrt(max(remaining, RANK_TOLERANCE * diagonal, 1e-12))


@compiled_reordered
def solve_forward(system: CameraSystem, values: Array) -> None:
    """Overwrite values (6 F + 2,) with the factor's inverse times them."""
    band, border = system.band, system.border
    poses, width = len(band), band.shape[1] // 6
    for i in range(poses):
        start = 6 * (i // 6 - width + 1)
        total = values[i]
        for k in range(max(0, start), i):
            total -= band[i, k - start] * values[k]
        values[i] = total / band[i, i - start]
    for q in range(INTRINSICS):
        total = values[poses + q]
        for k in range(poses + q):
            total -= border[q, k] * values[k]
        values[poses + q] = total / border[q, poses + q]


@compiled_reordered
def solve_backward(system: CameraSystem, values: Array) -> None:
    """Overwrite values (6 F + 2,) with the inverse of the transposed factor times them."""
    band, border = system.band, system.border
    poses, width = len(band), band.shape[1] // 6
    for q in range(INTRINSICS - 1, -1, -1):
        values[poses + q] /= border[q, poses + q]
        for k in range(poses + q):
            values[k] -= border[q, k] * values[poses + q]
    for i in range(poses - 1, -1, -1):
        start = 6 * (i // 6 - width + 1)
        values[i] /= band[i, i - start]
        for k in range(max(0, start), i):
            values[k] -= band[i, k - start] * values[i]


@compiled_reordered
def depth_steps(equations: NormalEquations, observations: Observations, camera_step: Array,
                damping: float, length: float, steps: Array) -> None:
    """Fill the steps (N,) of the inverse depths that belong to a step of the cameras.

    length is that of the cameras' step, 1 for a full one.
    """
    count, columns = observations.weight.shape
    poses = len(camera_step) - INTRINSICS
    frames = poses // 6
    for n in range(count):
        steps[n] = 0.0
        if equations.depth_hessian[n] <= 0.0:
            continue
        row = equations.camera_depth[n]
        a = observations.first_frame[n]
        total = length * equations.depth_gradient[n]
        for k in range(6 * min(columns, frames - a)):
            total += row[k] * camera_step[6 * a + k]
        for q in range(INTRINSICS):
            total += row[6 * columns + q] * camera_step[poses + q]
        steps[n] = -total / (equations.depth_hessian[n] * (1.0 + damping))
