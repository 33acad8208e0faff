# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundle adjustment of key-frame poses, inverse depths and one focal length (appendix D)."""

from dataclasses import replace
import math

import numpy as np

from anycam_ros.geometry.robust_statistics import MEDIAN_OF_LENGTH, SMALLEST_NOISE_PX
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.array_kinds import as_array, like
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.refinement.objective import evaluate, Fit, world_poses
from anycam_ros.refinement.observability import reason_after, reason_before
from anycam_ros.refinement.priors import Priors
from anycam_ros.refinement.problem import build_problem, Problem
from anycam_ros.refinement.result import (
    CONVERGED,
    ITERATION_LIMIT,
    MarginalInformation,
    NOT_OBSERVABLE,
    RefinementResult,
)
from anycam_ros.refinement.solver.levenberg_marquardt import minimise, Stage
from anycam_ros.refinement.solver.marginals import marginal_information
from anycam_ros.refinement.state import (
    coupled_poses,
    K1,
    LOG_FOCAL,
    new_equations,
    NormalEquations,
    State,
)
from anycam_ros.refinement.terms.normal_equations import linearise
from anycam_ros.refinement.terms.robust import CAUCHY, HUBER, KERNELS, L1
from anycam_ros.refinement.tracks import Tracks, Values

COLD_RESIDUAL = 3.0           # times delta: beyond it a redescending kernel sees outliers only
COLD_TOLERANCE = 0.03
INLIER_MEDIANS = 4.0          # residuals below that many medians are inliers in any case
L1_EFFICIENCY = 2.0 / math.pi    # of the least absolute error, for Gaussian noise
EFFICIENT_HUBER = 1.345       # times the noise: 95 % efficient where the noise is Gaussian


def refine(tracks: Tracks, T_world_camera: Values, focal_px: float,
           config: RefinementConfig | None = None, priors: Priors | None = None,
           k1: float = 0.0) -> RefinementResult:
    """Refine poses (F, 4, 4), inverse depths and the focal length of F key frames.

    Returns the input with status 'not_observable' and a reason when the tracks do not show the
    motion; raises TracksError when shapes do not fit together. Arrays or tensors, as put in.
    """
    config, priors = config or RefinementConfig(), priors or Priors()
    problem = build_problem(tracks, T_world_camera, focal_px, k1, config, priors)
    before = evaluate(problem, problem.start, config.smoothness)
    unchanged = _unchanged(problem, before, tracks, T_world_camera, focal_px, k1)
    reason = reason_before(problem)
    if reason:
        return like(T_world_camera, replace(unchanged, reason=reason))
    result = _adjust(problem, before, as_array(T_world_camera), config)
    if result.reason:
        return like(T_world_camera, replace(unchanged, reason=result.reason))
    if not config.estimate_focal:
        result = replace(result, focal_px=float(focal_px))
    return like(T_world_camera, result)


def _adjust(problem: Problem, before: Fit, T_world_camera: Array,
            config: RefinementConfig) -> RefinementResult:
    """Return the adjustment; its reason says why it is not to be trusted, where it is not."""
    state, iterations, has_converged = _minimise(problem, before, config)
    after = evaluate(problem, state, config.smoothness)
    noise = _noise_px(problem, after)
    equations, robust_weight = _equations_at(problem, state, after, config)
    reason = reason_after(after.length_px, after.length_px < config.inlier_px,
                          state.inverse_depth, equations.depth_hessian, noise)
    return RefinementResult(
        status=CONVERGED if has_converged else ITERATION_LIMIT,
        reason=reason,
        T_world_camera=_returned_poses(problem, state, T_world_camera),
        inverse_depth=state.inverse_depth,
        focal_px=math.exp(state.intrinsics[LOG_FOCAL]),
        k1=float(state.intrinsics[K1]),
        objective_before=before.objective,
        objective_after=after.objective,
        iterations=iterations,
        residual_px=after.length_px,
        robust_weight=robust_weight,
        is_inlier=after.length_px < max(config.inlier_px, INLIER_MEDIANS * after.median_px),
        inverse_depth_information=equations.depth_hessian,
        noise_px=noise,
        information=marginal_information(problem.observations, state, equations, problem.gauge))


def _minimise(problem: Problem, before: Fit,
              config: RefinementConfig) -> tuple[State, int, bool]:
    """Return the state of least cost, the iterations, and whether they came to an end."""
    kernel, delta, start = KERNELS[config.kernel], config.delta_px, problem.start
    stages = [Stage(kernel, delta, config.tolerance, config.maximum_iterations)]
    if kernel == CAUCHY and before.median_px > COLD_RESIDUAL * delta:
        # A redescending kernel is approached from a convex one.
        stages.insert(0, Stage(HUBER, delta, COLD_TOLERANCE, config.maximum_iterations))
    iterations = 0
    for stage in stages:
        left = max(config.maximum_iterations - iterations, 1)
        minimum = minimise(problem.observations, start, problem.priors, problem.gauge,
                           stage._replace(iterations=left), problem.depth_limits)
        start, iterations = minimum.state, iterations + minimum.iterations
    return minimum.state, iterations, minimum.has_converged


def _equations_at(problem: Problem, state: State, fit: Fit,
                  config: RefinementConfig) -> tuple[NormalEquations, Array]:
    """Return the normal equations that give the information, and the weights (N, L) in them."""
    observations, (count, length) = problem.observations, problem.observations.weight.shape
    kernel, delta = KERNELS[config.kernel], config.delta_px
    if kernel == L1:
        # The weights of L1 have no mean at its minimum: Huber's next to it stand in for them.
        kernel = HUBER
        delta = EFFICIENT_HUBER * max(fit.median_px / MEDIAN_OF_LENGTH, 1e-6)
        observations = observations._replace(weight=observations.weight * L1_EFFICIENCY)
    frames = len(state.t)
    equations = new_equations(
        frames, count, length, coupled_poses(length, frames, problem.priors))
    linearise(observations, state, problem.priors, kernel, delta, equations)
    ratio = np.nan_to_num(fit.length_px, nan=math.inf) / delta
    weight = 1.0 / (1.0 + ratio ** 2) if kernel == CAUCHY else 1.0 / np.maximum(ratio, 1.0)
    return equations, weight


def _noise_px(problem: Problem, fit: Fit) -> float:
    """Return the standard deviation of an observation of weight 1 from the residuals' median."""
    weight = problem.observations.weight
    seen = weight > 0
    equations = 2 * len(fit.seen_px)
    unknowns = int(problem.gauge.is_free.sum()) + int(seen.any(axis=1).sum())
    freedom = max(equations - unknowns, 1) / equations
    scale = np.sqrt(weight[seen])
    noise = np.median(scale * fit.seen_px) / MEDIAN_OF_LENGTH / math.sqrt(freedom)
    return max(float(noise), SMALLEST_NOISE_PX * float(scale.mean()))


def _returned_poses(problem: Problem, state: State, T_world_camera: Array) -> Array:
    """Return the poses; those that were held are returned as they were put in."""
    T = world_poses(state)
    held = ~problem.gauge.is_free[:6 * len(T):6]
    T[held] = T_world_camera[held]
    return T


def _unchanged(problem: Problem, fit: Fit, tracks: Tracks, T_world_camera: Values,
               focal_px: float, k1: float) -> RefinementResult:
    """Return what was put in, as a result that says nothing."""
    shape = problem.observations.weight.shape
    return RefinementResult(
        status=NOT_OBSERVABLE,
        reason='',
        T_world_camera=as_array(T_world_camera).copy(),
        inverse_depth=as_array(tracks.inverse_depth).copy(),
        focal_px=float(focal_px),
        k1=float(k1),
        objective_before=fit.objective,
        objective_after=fit.objective,
        iterations=0,
        residual_px=fit.length_px,
        robust_weight=np.zeros(shape),
        is_inlier=np.zeros(shape, np.bool_),
        inverse_depth_information=np.zeros(shape[0]),
        noise_px=math.nan,
        information=MarginalInformation(np.zeros((6, 6)), 0.0, 0.0, 0.0))
