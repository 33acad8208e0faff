# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's objective (equations 16 to 19), by which every method is judged."""

import math
from typing import NamedTuple

import numpy as np

from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.refinement.priors import Priors
from anycam_ros.refinement.problem import build_problem, Problem
from anycam_ros.refinement.state import State
from anycam_ros.refinement.terms.reprojection import lengths, reprojection_residuals
from anycam_ros.refinement.tracks import Tracks, Values


class Fit(NamedTuple):
    """Hold how well a state explains the observations."""

    length_px: Array        # (N, L) of the residuals, NaN where not seen
    seen_px: Array          # the same where seen, in one row
    median_px: float
    objective: float        # equation 19


def paper_objective(tracks: Tracks, T_world_camera: Values, focal_px: float,
                    smoothness: float = 0.0) -> float:
    """Return (19) for residuals in pixels; smoothness is lambda, 0.1 W / 2 in the paper."""
    problem = build_problem(tracks, T_world_camera, focal_px, 0.0, RefinementConfig(), Priors())
    return evaluate(problem, problem.start, smoothness).objective


def evaluate(problem: Problem, state: State, smoothness: float) -> Fit:
    """Return residuals and the paper's objective at a state.

    A point behind the camera counts as one BEHIND_CAMERA_PX off.
    """
    weight = problem.observations.weight
    residual, length = np.empty((*weight.shape, 2)), np.empty(weight.shape)
    reprojection_residuals(problem.observations, state, residual)
    objective = lengths(residual, weight, length) / max(len(weight), 1)
    if smoothness > 0:
        objective += smoothness * smoothness_of(world_poses(state))
    seen = length[weight > 0]
    return Fit(length, seen, float(np.median(seen)) if len(seen) else math.nan, objective)


def world_poses(state: State) -> Array:
    """Return T_world_camera (F, 4, 4) of a state."""
    T = np.zeros((len(state.t), 4, 4))
    T[:, :3, :3], T[:, :3, 3], T[:, 3, 3] = state.R, state.t, 1.0
    return inverse(T)


def smoothness_of(T_world_camera: Array) -> float:
    """Return (18): how much consecutive relative poses differ, for poses (F, 4, 4)."""
    if len(T_world_camera) < 3:
        return 0.0
    # P_next_this maps points of one camera into the next one.
    P = inverse(T_world_camera[1:]) @ T_world_camera[:-1]
    change = inverse(P[:-1]) @ P[1:] - np.eye(4)
    return float(np.abs(change).sum(axis=(1, 2)).mean())
