# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tracks do not show: where the world is and, without depth, how large.

Poses that are held settle the place. A held scale is a constraint on the step, after which the
state is scaled as a whole: moving one frame back to its distance instead would bend the path,
and a drift of scale along it would take hundreds of steps to straighten.
"""

import math
from typing import NamedTuple

import numpy as np

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.kernels import relative_pose
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.solver.schur import CameraSystem, Mask, solve_backward, solve_forward
from anycam_ros.refinement.state import State

SCALE_STIFFNESS = 1e8    # of the held direction against the stiffest of its frame


class Gauge(NamedTuple):
    """Say which unknowns are held."""

    is_free: Mask       # (6 F + 2,)
    scale_frame: int    # frame whose distance from the first stays; -1 for none


@compiled_reordered
def scale_direction(state: State, frame: int, out: Array) -> float:
    """Fill how a frame's distance from the first changes with its linear perturbation (3,).

    Returns that distance; the direction is zero when there is none.
    """
    R = np.empty((3, 3))
    # It sees the first camera there.
    relative_pose(state.R[frame], state.t[frame], state.R[0], state.t[0], R, out)
    distance = math.sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2])
    for k in range(3):
        out[k] /= max(distance, 1e-300)
    return distance


@compiled_reordered
def hold_scale(state: State, gauge: Gauge, system: CameraSystem) -> None:
    """Make the gauge's distance so stiff in the system that it counts as known."""
    if gauge.scale_frame < 0:
        return
    direction = np.empty(3)
    scale_direction(state, gauge.scale_frame, direction)
    band = system.band
    first, diagonal = 6 * gauge.scale_frame, band.shape[1] - 6
    stiffness = 1.0
    for p in range(3):
        stiffness += band[first + p, diagonal + p] * SCALE_STIFFNESS
    for p in range(3):
        for q in range(3):
            band[first + p, diagonal + q] += stiffness * direction[p] * direction[q]


@compiled_reordered
def project_step(state: State, gauge: Gauge, system: CameraSystem, step: Array) -> None:
    """Take from a step (6 F + 2,) what changes the gauge's distance.

    What remains is the minimum of the quadratic model under that constraint (Lagrange).
    """
    if gauge.scale_frame < 0:
        return
    first = 6 * gauge.scale_frame
    direction, toward = np.empty(3), np.zeros(len(step))
    scale_direction(state, gauge.scale_frame, direction)
    for k in range(3):
        toward[first + k] = direction[k]
    solve_forward(system, toward)
    solve_backward(system, toward)
    change, response = 0.0, 0.0
    for k in range(3):
        change += direction[k] * step[first + k]
        response += direction[k] * toward[first + k]
    if response > 0.0:
        for i in range(len(step)):
            step[i] -= change / response * toward[i]


@compiled_reordered
def restore_scale(before: State, gauge: Gauge, moved: State) -> None:
    """Scale a state about its first camera to the gauge's distance before it moved."""
    if gauge.scale_frame < 0:
        return
    R, t, first = moved.R, moved.t, np.empty(3)
    now = scale_direction(moved, gauge.scale_frame, first)
    if now == 0.0:
        return
    scale = scale_direction(before, gauge.scale_frame, first) / now
    for k in range(3):
        first[k] = -(R[0, 0, k] * t[0, 0] + R[0, 1, k] * t[0, 1] + R[0, 2, k] * t[0, 2])
    for j in range(1, len(t)):
        for k in range(3):
            shift = R[j, k, 0] * first[0] + R[j, k, 1] * first[1] + R[j, k, 2] * first[2]
            t[j, k] = scale * t[j, k] + (scale - 1.0) * shift
    for n in range(len(moved.inverse_depth)):
        moved.inverse_depth[n] /= scale
