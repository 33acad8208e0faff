# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the oldest key frame leaves behind when it leaves the window."""

from dataclasses import replace

import numpy as np

from anycam_ros.geometry.se3 import Array, so3_exp
from anycam_ros.refinement.array_kinds import as_array
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.refinement.objective import world_poses
from anycam_ros.refinement.priors import PosePrior, Priors
from anycam_ros.refinement.problem import build_problem, Problem
from anycam_ros.refinement.result import RefinementResult
from anycam_ros.refinement.solver.schur import CameraSystem, eliminate_depths, new_system
from anycam_ros.refinement.state import (
    coupled_poses,
    INTRINSICS,
    LOG_FOCAL,
    new_equations,
    State,
)
from anycam_ros.refinement.terms.normal_equations import linearise
from anycam_ros.refinement.terms.robust import KERNELS
from anycam_ros.refinement.tracks import Tracks

# Of the largest eigenvalue: below, a direction is not observed and the prior has no say in it.
UNOBSERVED = 1e-10


def marginalise_oldest(tracks: Tracks, result: RefinementResult, config: RefinementConfig,
                       priors: Priors | None = None) -> PosePrior:
    """Return what the tracks of key frame 0 say about the key frames after it.

    Takes what refine() was given, and what it returned. The window goes on without that key
    frame and without the tracks anchored in it: what they know is in the prior, which counts the
    later key frames from 0. The next window holds no pose by config, since the prior does.
    """
    priors = priors or Priors()
    chosen = as_array(tracks.first_frame) == 0
    kept = Tracks(*(as_array(column)[chosen] for column in (
        tracks.first_frame, tracks.points_px, tracks.weight, result.inverse_depth)))
    # The priors of the intrinsics stay with the window.
    columns = {name: as_array(getattr(priors, name))[chosen]
               for name in ('inverse_depth', 'inverse_depth_information',
                            'measured_inverse_depth', 'measured_inverse_depth_information')
               if getattr(priors, name) is not None}
    problem = build_problem(kept, result.T_world_camera, result.focal_px, result.k1, config,
                            replace(Priors(poses=priors.poses), **columns))
    hessian, gradient = _reduced(problem, config)
    remaining = np.arange(6, 6 * len(result.T_world_camera) + 1)
    if config.fixed_frames == 0:
        hessian, gradient = _without_first_pose(hessian, gradient)
    else:
        # A pose that was held is known: what is left is conditioned on it.
        hessian, gradient = hessian[np.ix_(remaining, remaining)], gradient[remaining]
    step = -np.linalg.pinv(hessian, rcond=UNOBSERVED, hermitian=True) @ gradient
    state = problem.start
    mean = State(state.R[1:].copy(), state.t[1:].copy(), state.inverse_depth, state.intrinsics)
    for j in range(len(mean.t)):
        turn = so3_exp(step[6 * j + 3:6 * j + 6])
        mean.R[j], mean.t[j] = turn @ mean.R[j], turn @ mean.t[j] + step[6 * j:6 * j + 3]
    return PosePrior(world_poses(mean), float(result.focal_px * np.exp(step[-1])), hessian)


def _reduced(problem: Problem, config: RefinementConfig) -> tuple[Array, Array]:
    """Return Hessian and gradient of poses and log focal, the inverse depths eliminated."""
    frames, (count, length) = len(problem.start.t), problem.observations.weight.shape
    equations = new_equations(
        frames, count, length, coupled_poses(length, frames, problem.priors))
    linearise(problem.observations, problem.start, problem.priors, KERNELS[config.kernel],
              config.delta_px, equations)
    system = new_system(equations)
    all_free = np.ones(6 * frames + INTRINSICS, np.bool_)
    eliminate_depths(equations, problem.observations, 0.0, all_free, system)
    kept = np.arange(6 * frames + LOG_FOCAL + 1)
    return _dense(system)[np.ix_(kept, kept)], system.gradient[kept]


def _dense(system: CameraSystem) -> Array:
    """Return the matrix of a banded system in full."""
    poses, width = len(system.band), system.band.shape[1] // 6
    out = np.zeros((poses + INTRINSICS, poses + INTRINSICS))
    for row in range(poses):
        start = 6 * (row // 6 - width + 1)
        first = max(0, start)
        out[row, first:row + 1] = system.band[row, first - start:row + 1 - start]
    out[poses:] = system.border
    full: Array = np.tril(out) + np.tril(out, -1).T
    return full


def _without_first_pose(hessian: Array, gradient: Array) -> tuple[Array, Array]:
    first, rest = slice(0, 6), slice(6, None)
    gain = hessian[rest, first] @ np.linalg.pinv(
        hessian[first, first], rcond=UNOBSERVED, hermitian=True)
    remaining = hessian[rest, rest] - gain @ hessian[first, rest]
    return 0.5 * (remaining + remaining.T), gradient[rest] - gain @ gradient[first]
