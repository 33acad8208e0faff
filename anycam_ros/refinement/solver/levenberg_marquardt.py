# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Levenberg-Marquardt over poses, intrinsics and inverse depths."""

from typing import NamedTuple

import numpy as np

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.kernels import multiply
from anycam_ros.geometry.se3 import Array, orthonormalised, so3_exp
from anycam_ros.refinement.solver.gauge import Gauge, project_step, restore_scale
from anycam_ros.refinement.solver.schur import (
    depth_steps,
    eliminate_depths,
    factorise,
    Mask,
    new_system,
    solve_backward,
    solve_forward,
)
from anycam_ros.refinement.state import (
    copy_of,
    coupled_poses,
    INTRINSICS,
    LOG_FOCAL,
    new_equations,
    Observations,
    PriorTerms,
    State,
)
from anycam_ros.refinement.terms.normal_equations import linearise
from anycam_ros.refinement.terms.robust import L1

FIRST_DAMPING = 1e-4
DAMPING_FACTOR = 6.0
MINIMUM_DAMPING, MAXIMUM_DAMPING = 1e-9, 1e8
MAXIMUM_REJECTIONS = 6        # in a row
MAXIMUM_LOG_FOCAL_STEP = 0.3
# Reweighting replaces |r| by a parabola that bends too much, so its steps fall short: longer ones
# halve the iterations, once the cost falls by less than the settled gain.
L1_STRETCH = 1.7
SETTLED_GAIN = 0.1


class Stage(NamedTuple):
    """Say what to minimise, and when to stop."""

    kernel: int
    delta_px: float
    tolerance: float     # relative decrease of the cost
    iterations: int


class Minimum(NamedTuple):
    """Hold what the minimisation ended with."""

    state: State
    cost: float
    iterations: int
    has_converged: bool


@compiled_reordered
def minimise(observations: Observations, start: State, priors: PriorTerms, gauge: Gauge,
             stage: Stage, depth_limits: tuple[float, float]) -> Minimum:
    """Return the minimum next to the start; inverse depths stay within the limits."""
    frames, (count, length) = len(start.t), observations.weight.shape
    band = coupled_poses(length, frames, priors)
    now = new_equations(frames, count, length, band)
    ahead = new_equations(frames, count, length, band)
    system = new_system(now)
    depth_step = np.empty(count)
    state, trial = copy_of(start), copy_of(start)
    kernel, delta = stage.kernel, stage.delta_px
    cost = linearise(observations, state, priors, kernel, delta, now)
    damping, stretch, rejections, done, converged = FIRST_DAMPING, 1.0, 0, 0, False
    while done < stage.iterations and rejections < MAXIMUM_REJECTIONS:
        done += 1
        eliminate_depths(now, observations, damping, gauge.is_free, system)
        factorise(system)
        step = system.gradient
        solve_forward(system, step)
        solve_backward(system, step)
        project_step(state, gauge, system, step)
        focal_step = abs(step[6 * frames + LOG_FOCAL])
        share = min(stretch, MAXIMUM_LOG_FOCAL_STEP / max(focal_step, 1e-300))
        for i in range(len(step)):
            step[i] *= -share
        depth_steps(now, observations, step, damping, share, depth_step)
        _fill_moved(state, step, depth_step, gauge.is_free, depth_limits, trial)
        restore_scale(state, gauge, trial)
        trial_cost = linearise(observations, trial, priors, kernel, delta, ahead)
        if trial_cost < cost:
            gain = (cost - trial_cost) / cost
            state, trial, cost = trial, state, trial_cost
            now, ahead = ahead, now
            damping = max(damping / DAMPING_FACTOR, MINIMUM_DAMPING)
            rejections = 0
            if kernel == L1 and gain < SETTLED_GAIN:
                stretch = L1_STRETCH
            if gain < stage.tolerance:
                converged = True
                break
        else:
            damping = min(damping * DAMPING_FACTOR, MAXIMUM_DAMPING)
            rejections, stretch = rejections + 1, 1.0
    converged = converged or rejections == MAXIMUM_REJECTIONS
    return Minimum(state, cost, done, converged)


@compiled_reordered
def _fill_moved(state: State, step: Array, depth_step: Array, is_free: Mask,
                depth_limits: tuple[float, float], moved: State) -> None:
    """Fill the state after a step; rotations orthonormal."""
    poses = 6 * len(state.t)
    product = np.empty((3, 3))
    for j in range(len(state.t)):
        if not is_free[6 * j]:
            continue    # every state is a copy of the start
        turn = so3_exp(step[6 * j + 3:6 * j + 6])
        multiply(turn, state.R[j], product)
        rotation = orthonormalised(product)
        for k in range(3):
            for i in range(3):
                moved.R[j, k, i] = rotation[k, i]
            moved.t[j, k] = turn[k, 0] * state.t[j, 0] + turn[k, 1] * state.t[j, 1] \
                + turn[k, 2] * state.t[j, 2] + step[6 * j + k]
    for n in range(len(depth_step)):
        moved.inverse_depth[n] = min(
            max(state.inverse_depth[n] + depth_step[n], depth_limits[0]), depth_limits[1])
    for q in range(INTRINSICS):
        moved.intrinsics[q] = state.intrinsics[q] + step[poses + q]
