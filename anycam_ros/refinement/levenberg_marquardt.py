# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Levenberg-Marquardt over poses, intrinsics and inverse depths."""

import math
from typing import NamedTuple

import numpy as np

from anycam_ros.geometry.se3 import Array, orthonormalised, rotation_from_vector
from anycam_ros.refinement.compiled import compiled
from anycam_ros.refinement.normal_equations import (
    Equations,
    INTRINSICS,
    linearise,
    LOG_FOCAL,
    new_equations,
    Observations,
    PriorTerms,
    State,
)
from anycam_ros.refinement.schur import (
    depth_steps,
    eliminate_depths,
    factorise,
    Gauge,
    new_system,
    solve_backward,
    solve_forward,
)

FIRST_DAMPING = 1e-4
DAMPING_FACTOR = 6.0
MINIMUM_DAMPING, MAXIMUM_DAMPING = 1e-9, 1e8
MAXIMUM_REJECTIONS = 6        # in a row
MAXIMUM_LOG_FOCAL_STEP = 0.3
DEPTH_RANGE = 1e3             # inverse depths stay within this factor of the median at the start


class Stage(NamedTuple):
    """Say what to minimise, and when to stop."""

    kernel: int
    delta_px: float
    tolerance: float     # relative decrease of the cost
    iterations: int


class Minimum(NamedTuple):
    """Hold what the minimisation ended with."""

    state: State
    equations: Equations
    cost_before: float
    cost: float
    iterations: int
    has_converged: bool


@compiled
def minimise(observations: Observations, start: State, priors: PriorTerms, gauge: Gauge,
             stage: Stage, damping: float) -> Minimum:
    """Return the minimum next to the start; the start itself is not changed."""
    frames, (count, length) = len(start.t), observations.weight.shape
    now = new_equations(frames, count, length, length)
    ahead = new_equations(frames, count, length, length)
    system = new_system(now)
    depth_step = np.empty(count)
    smallest, largest = _depth_limits(start.inverse_depth)
    state = start
    direction = gauge.scale_direction.copy()
    kernel, delta = stage.kernel, stage.delta_px
    before = cost = linearise(observations, state, priors, kernel, delta, now)
    rejections, done, converged = 0, 0, False
    while done < stage.iterations and rejections < MAXIMUM_REJECTIONS:
        done += 1
        current = Gauge(gauge.is_free, gauge.scale_frame, direction)
        eliminate_depths(now, observations, damping, current, system)
        factorise(system)
        step = -system.gradient
        solve_forward(system, step)
        solve_backward(system, step)
        longest = abs(step[6 * frames + LOG_FOCAL])
        if longest > MAXIMUM_LOG_FOCAL_STEP:
            step *= MAXIMUM_LOG_FOCAL_STEP / longest
        depth_steps(now, observations, step, damping, depth_step)
        trial = _moved(state, step, depth_step, gauge, smallest, largest)
        trial_cost = linearise(observations, trial, priors, kernel, delta, ahead)
        if trial_cost < cost:
            gain = (cost - trial_cost) / cost
            state, cost = trial, trial_cost
            now, ahead = ahead, now
            direction = scale_direction(state, gauge.scale_frame)
            damping = max(damping / DAMPING_FACTOR, MINIMUM_DAMPING)
            rejections = 0
            if gain < stage.tolerance:
                converged = True
                break
        else:
            damping = min(damping * DAMPING_FACTOR, MAXIMUM_DAMPING)
            rejections += 1
    converged = converged or rejections == MAXIMUM_REJECTIONS
    return Minimum(state, now, before, cost, done, converged)


@compiled
def _depth_limits(inverse_depth: Array) -> tuple[float, float]:
    median = np.median(inverse_depth) if len(inverse_depth) else 1.0
    return median / DEPTH_RANGE, median * DEPTH_RANGE


@compiled
def scale_direction(state: State, frame: int) -> Array:
    """Return how the distance of a frame from the first changes with its linear perturbation."""
    out = np.zeros(3)
    if frame >= 0:
        # Both centres as the frame sees them: its own is the origin.
        first = state.t[frame] - state.R[frame] @ (state.R[0].T @ state.t[0])
        distance = math.sqrt((first * first).sum())
        if distance > 0.0:
            out[:] = first / distance
    return out


@compiled
def _moved(state: State, step: Array, depth_step: Array, gauge: Gauge, smallest: float,
           largest: float) -> State:
    """Return the state after a step; rotations orthonormal, the gauge's distance kept."""
    frames = len(state.t)
    R, t = state.R.copy(), state.t.copy()
    for j in range(frames):
        if not gauge.is_free[6 * j]:
            continue
        turn = rotation_from_vector(step[6 * j + 3:6 * j + 6])
        R[j] = orthonormalised(turn @ state.R[j])
        t[j] = turn @ state.t[j] + step[6 * j:6 * j + 3]
    depth = np.minimum(np.maximum(state.inverse_depth + depth_step, smallest), largest)
    moved = State(R, t, depth, state.intrinsics + step[6 * frames:6 * frames + INTRINSICS])
    if gauge.scale_frame >= 0:
        _restore_distance(moved, state, gauge.scale_frame)
    return moved


@compiled
def _restore_distance(moved: State, state: State, frame: int) -> None:
    """Put a frame back to the distance that it had from the first one."""
    first = moved.R[frame] @ (moved.R[0].T @ moved.t[0])
    offset = moved.t[frame] - first
    length = math.sqrt((offset * offset).sum())
    before = state.t[frame] - state.R[frame] @ (state.R[0].T @ state.t[0])
    if length > 0.0:
        moved.t[frame] = first + offset * (math.sqrt((before * before).sum()) / length)
