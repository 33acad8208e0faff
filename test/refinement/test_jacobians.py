# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every analytic derivative against central differences."""

from typing import TypeAlias

import numpy as np
import pytest

from anycam_ros.geometry.se3 import adjoint, Array, inverse, so3_exp
from anycam_ros.refinement.state import (
    copy_of,
    coupled_poses,
    new_equations,
    NormalEquations,
    Observations,
    PriorTerms,
    State,
)
from anycam_ros.refinement.terms.normal_equations import linearise
from anycam_ros.refinement.terms.reprojection import reprojection_residuals
from anycam_ros.refinement.terms.robust import CAUCHY, HUBER, KERNELS, L1
from anycam_ros.refinement.terms.smoothness import fill_change_of_motion
from anycam_ros.simulation.simulated_tracks import Scene, simulate

Problem: TypeAlias = tuple[Observations, State]
Kernel: TypeAlias = tuple[int, float]

STEP = 1e-6
SQUARED = HUBER, 1e9    # a robust threshold that nothing exceeds


def perturbed(state: State, column: int, size: float) -> State:
    """Return the state with one unknown moved: poses, then intrinsics, then inverse depths."""
    out, frames = copy_of(state), len(state.t)
    if column < 6 * frames:
        j, k = divmod(column, 6)
        if k < 3:
            out.t[j, k] += size
        else:
            turn = so3_exp(size * np.eye(3)[k - 3])
            out.R[j], out.t[j] = turn @ out.R[j], turn @ out.t[j]
    elif column < 6 * frames + 2:
        out.intrinsics[column - 6 * frames] += size
    else:
        out.inverse_depth[column - 6 * frames - 2] += size
    return out


def no_priors(state: State) -> PriorTerms:
    count = len(state.inverse_depth)
    return PriorTerms(
        state.inverse_depth.copy(), np.zeros(count), state.inverse_depth.copy(), np.zeros(count),
        state.intrinsics.copy(), np.zeros(2), 0.0)


@pytest.fixture(scope='module')
def problem() -> Problem:
    """Return observations and a state off the truth, with distortion and gaps in the tracks."""
    window = simulate(Scene(frames=5, tracks_per_frame=6, length=4, k1=-0.15), seed=1)
    T = inverse(window.T_world_camera)
    random = np.random.default_rng(0)
    tracks = window.tracks
    weight = tracks.weight * random.uniform(0.2, 1, tracks.weight.shape)
    weight[::3, 2] = 0.0
    weight[:, 0] = 0.0
    seen = weight.any(axis=1)
    observations = Observations(
        tracks.first_frame[seen], np.nan_to_num(tracks.points_px[seen]), weight[seen])
    depth = tracks.inverse_depth[seen] * random.uniform(0.8, 1.2, seen.sum())
    state = State(T[:, :3, :3].copy(), T[:, :3, 3] + random.normal(0, 0.03, (5, 3)), depth,
                  np.array([np.log(430.0), -0.1]))
    return observations, state


def residual_vector(observations: Observations, state: State) -> Array:
    residual = np.empty((*observations.weight.shape, 2))
    reprojection_residuals(observations, state, residual)
    return residual[observations.weight > 0].ravel()


def filled(observations: Observations, state: State, priors: PriorTerms,
           kernel: Kernel = SQUARED) -> tuple[NormalEquations, float]:
    frames, (count, length) = len(state.t), observations.weight.shape
    equations = new_equations(frames, count, length, coupled_poses(length, frames, priors))
    cost = linearise(observations, state, priors, *kernel, equations)
    return equations, cost


def dense(observations: Observations, equations: NormalEquations,
          frames: int) -> tuple[Array, Array]:
    """Return the Hessian over poses, intrinsics and depths, and the gradient, as full arrays."""
    cameras, count = 6 * frames + 2, len(equations.depth_hessian)
    width, length = equations.band.shape[1] // 6, observations.weight.shape[1]
    H = np.zeros((cameras + count, cameras + count))
    for i in range(6 * frames):
        start = 6 * (i // 6 - width + 1)
        for c in range(max(0, start), i + 1):
            H[i, c] = H[c, i] = equations.band[i, c - start]
    H[6 * frames:cameras, :cameras] = equations.border
    H[:cameras, 6 * frames:cameras] = equations.border.T
    for n in range(count):
        row, a = equations.camera_depth[n], observations.first_frame[n]
        end = min(length, frames - a)
        H[cameras + n, 6 * a:6 * (a + end)] = row[:6 * end]
        H[cameras + n, 6 * frames:cameras] = row[6 * length:]
        H[:cameras, cameras + n] = H[cameras + n, :cameras]
        H[cameras + n, cameras + n] = equations.depth_hessian[n]
    return H, np.concatenate([equations.gradient, equations.depth_gradient])


def test_normal_equations_are_those_of_the_numeric_jacobian(problem: Problem) -> None:
    observations, state = problem
    equations, _ = filled(observations, state, no_priors(state))
    H, g = dense(observations, equations, len(state.t))
    J = np.stack([
        (residual_vector(observations, perturbed(state, c, STEP))
         - residual_vector(observations, perturbed(state, c, -STEP))) / (2 * STEP)
        for c in range(len(g))], axis=1)
    w = np.repeat(observations.weight[observations.weight > 0], 2)
    r = residual_vector(observations, state)
    assert np.abs(J).max(axis=0).min() > 0, 'an unknown without influence tests nothing'
    scale = np.sqrt(np.outer(np.diag(H), np.diag(H)))
    np.testing.assert_allclose(H / scale, J.T @ (w[:, None] * J) / scale, atol=1e-7)
    np.testing.assert_allclose(g, J.T @ (w * r), atol=1e-6 * np.abs(g).max())


@pytest.mark.parametrize('kernel', [(L1, 1.0), (HUBER, 5.0), (CAUCHY, 5.0)],
                         ids=list(KERNELS))
def test_gradient_of_the_whole_cost(problem: Problem, kernel: Kernel) -> None:
    observations, state = problem
    random = np.random.default_rng(1)
    count = len(state.inverse_depth)
    priors = no_priors(state)._replace(
        inverse_depth=state.inverse_depth * 1.1,
        inverse_depth_information=random.uniform(10, 100, count),
        measured=state.inverse_depth * random.uniform(0.8, 1.2, count),
        measured_information=random.uniform(1e2, 1e4, count) * (np.arange(count) % 3 > 0),
        intrinsics=state.intrinsics + 0.05, intrinsics_information=np.array([50.0, 70.0]),
        smoothness=30.0)
    equations, _ = filled(observations, state, priors, kernel)
    _, g = dense(observations, equations, len(state.t))
    numeric = np.array([
        (filled(observations, perturbed(state, c, STEP), priors, kernel)[1]
         - filled(observations, perturbed(state, c, -STEP), priors, kernel)[1]) / (4 * STEP)
        for c in range(len(g))])
    np.testing.assert_allclose(g, numeric, rtol=1e-5, atol=1e-5 * np.abs(g).max())


def test_smoothness_is_equation_18(problem: Problem) -> None:
    _, state = problem
    change, J = np.empty(12), np.empty((12, 18))
    fill_change_of_motion(state, 1, change, J)
    T = np.tile(np.eye(4), (len(state.t), 1, 1))
    T[:, :3, :3], T[:, :3, 3] = state.R, state.t
    P = T[2] @ inverse(T[1]), T[3] @ inverse(T[2])
    np.testing.assert_allclose(change, (inverse(P[0]) @ P[1] - np.eye(4))[:3].ravel(),
                               atol=1e-14)
    ahead, back = np.empty(12), np.empty(12)
    for c in range(18):
        fill_change_of_motion(perturbed(state, 6 + c, STEP), 1, ahead, np.empty((12, 18)))
        fill_change_of_motion(perturbed(state, 6 + c, -STEP), 1, back, np.empty((12, 18)))
        np.testing.assert_allclose(J[:, c], (ahead - back) / (2 * STEP), atol=1e-9)


def test_smoothness_hessian(problem: Problem) -> None:
    observations, state = problem
    silent = observations._replace(weight=np.zeros_like(observations.weight))
    equations, _ = filled(silent, state, no_priors(state)._replace(smoothness=1.0))
    H, _ = dense(silent, equations, len(state.t))
    expected = np.zeros_like(H)
    for i in range(len(state.t) - 2):
        change, J = np.empty(12), np.empty((12, 18))
        fill_change_of_motion(state, i, change, J)
        rows = slice(6 * i, 6 * i + 18)
        expected[rows, rows] += J.T @ (J * (0.5 / np.hypot(change, 1e-5))[:, None])
    np.testing.assert_allclose(H, expected, atol=1e-9 * np.abs(expected).max())


def test_anchor_moves_against_the_frame(problem: Problem) -> None:
    """A motion common to every camera changes no residual: the adjoint has the right sign."""
    observations, state = problem
    equations, _ = filled(observations, state, no_priors(state))
    H, _ = dense(observations, equations, len(state.t))
    twist = np.array([0.1, -0.2, 0.3, 0.2, 0.1, -0.3])
    common = np.zeros(len(H))
    for j in range(len(state.t)):
        T = np.eye(4)
        T[:3, :3], T[:3, 3] = state.R[j], state.t[j]
        common[6 * j:6 * j + 6] = adjoint(T) @ twist
    assert np.abs(H @ common).max() < 1e-9 * np.abs(H).max()
