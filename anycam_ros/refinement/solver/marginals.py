# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Marginal information of the newest pose, the intrinsics and the scale."""

import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.result import MarginalInformation
from anycam_ros.refinement.solver.gauge import Gauge, hold_scale, scale_direction
from anycam_ros.refinement.solver.schur import (
    eliminate_depths,
    factorise,
    new_system,
    solve_forward,
)
from anycam_ros.refinement.state import INTRINSICS, NormalEquations, Observations, State


def marginal_information(observations: Observations, state: State, equations: NormalEquations,
                         gauge: Gauge) -> MarginalInformation:
    """Return the marginal information at a state with the equations linearised there."""
    factor, scale_variance = _trailing_factor(observations, state, equations, gauge)
    joint = factor @ factor.T
    frames = len(state.t)
    newest_is_free = bool(gauge.is_free[6 * frames - 1])
    scale_is_fixed = gauge.scale_frame >= 0 or not gauge.is_free[6:12].any()
    intrinsics = [
        _marginal(joint, np.array([6 + q]))[0, 0] if gauge.is_free[6 * frames + q] else math.inf
        for q in range(INTRINSICS)]
    return MarginalInformation(
        _marginal(joint, np.arange(6)) if newest_is_free else np.diag(np.full(6, math.inf)),
        float(intrinsics[0]), float(intrinsics[1]),
        math.inf if scale_is_fixed else 1.0 / scale_variance if scale_variance > 0 else 0.0)


def _marginal(joint: Array, kept: NDArray[np.int64]) -> Array:
    """Return the information of the kept unknowns, the others marginalised.

    None where odd priors are so large that the information overflows.
    """
    if not np.isfinite(joint).all():
        return np.zeros((len(kept), len(kept)))
    others = np.setdiff1d(np.arange(len(joint)), kept)
    cross = joint[np.ix_(kept, others)]
    out = joint[np.ix_(kept, kept)] \
        - cross @ np.linalg.solve(joint[np.ix_(others, others)], cross.T)
    return np.asarray(0.5 * (out + out.T))


@compiled_reordered
def _trailing_factor(observations: Observations, state: State, equations: NormalEquations,
                     gauge: Gauge) -> tuple[Array, float]:
    """Return the Cholesky factor (8, 8) of newest pose and intrinsics, and scale's variance.

    They come last, so the end of the factor is that of their marginal information.
    """
    system = new_system(equations)
    eliminate_depths(equations, observations, 0.0, gauge.is_free, system)
    hold_scale(state, gauge, system)
    factorise(system)
    frames = len(state.t)
    size = 6 + INTRINSICS
    first, last = 6 * (frames - 1), system.band.shape[1] - 6
    factor = np.zeros((size, size))
    for i in range(6):
        for k in range(i + 1):
            factor[i, k] = system.band[first + i, last + k]
    for q in range(INTRINSICS):
        for k in range(7 + q):
            factor[6 + q, k] = system.border[q, first + k]
    values = np.zeros(len(gauge.is_free))
    _fill_scale_gradient(state, values)
    variance = 0.0
    for i in range(len(values)):
        if not gauge.is_free[i]:
            values[i] = 0.0
    solve_forward(system, values)
    for i in range(len(values)):
        variance += values[i] * values[i]
    return factor, variance


@compiled_reordered
def _fill_scale_gradient(state: State, out: Array) -> None:
    """Fill the gradient of half the log of the summed squared distances from camera 0."""
    frames = len(state.t)
    direction = np.empty(3)
    total = 0.0
    for j in range(1, frames):
        distance = scale_direction(state, j, direction)
        total += distance * distance
        for k in range(3):
            out[6 * j + k] = distance * direction[k]
    for j in range(1, frames):
        for k in range(3):
            out[6 * j + k] /= max(total, 1e-300)
            # In its own axes the first camera moves as much, the other way.
            for p in range(3):
                turned = 0.0
                for q in range(3):
                    turned += state.R[0, p, q] * state.R[j, k, q]
                out[p] -= turned * out[6 * j + k]
