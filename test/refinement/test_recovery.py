# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated windows: what is found, how well, and how fast."""

from dataclasses import replace
import time

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.sparse import lil_matrix

from anycam_ros.geometry.se3 import Array, so3_exp
from anycam_ros.refinement import Priors, refine, RefinementConfig, warm_up
from anycam_ros.refinement.problem import build_problem, Problem
from anycam_ros.refinement.state import Observations, State
from anycam_ros.refinement.terms.reprojection import reprojection_residuals
from anycam_ros.refinement.terms.robust import L1_CORNER_PX
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

CLEAN = Scene(noise_px=0.0, outlier_share=0.0)


@pytest.fixture(scope='module', autouse=True)
def _compiled() -> None:
    warm_up()


def pose_error(T: Array, truth: Array) -> float:
    """Return the largest entry of the poses' difference; both start at the same pose."""
    return float(np.abs(T - truth).max())


@pytest.mark.parametrize('kernel', ['l1', 'huber', 'cauchy'])
@pytest.mark.parametrize('seed', range(3))
def test_a_noise_free_window_is_recovered_exactly(kernel: str, seed: int) -> None:
    window = simulate(CLEAN, seed)
    tracks, T, focal = cold_start(window, seed)
    config = RefinementConfig(kernel=kernel, tolerance=1e-12, maximum_iterations=100)
    result = refine(tracks, T, focal, config)
    assert result.focal_px == pytest.approx(window.focal_px, rel=1e-6)
    # One pose and the widest baseline are held, so the scale is that of the start.
    true, found = window.T_world_camera, result.T_world_camera
    widest = np.linalg.norm(T[:, :3, 3], axis=1).argmax()
    scale = np.linalg.norm(T[widest, :3, 3]) / np.linalg.norm(true[widest, :3, 3])
    np.testing.assert_allclose(found[:, :3, :3], true[:, :3, :3], atol=1e-6)
    np.testing.assert_allclose(found[:, :3, 3], scale * true[:, :3, 3], atol=1e-6)
    seen = np.isfinite(result.residual_px).any(axis=1)
    np.testing.assert_allclose(result.inverse_depth[seen],
                               window.tracks.inverse_depth[seen] / scale, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize('kernel', ['l1', 'cauchy'])
def test_a_hundred_windows(kernel: str) -> None:
    """Eight key frames, 15 % outliers, 0.3 px noise; focal 20 % off, depths 30 % off."""
    errors = []
    for seed in range(100):
        window = simulate(Scene(), seed)
        tracks, T, focal = cold_start(window, seed)
        result = refine(tracks, T, focal, RefinementConfig(kernel=kernel))
        assert not result.not_observable, result.reason
        assert result.objective_after < result.objective_before
        R = result.T_world_camera[:, :3, :3]
        np.testing.assert_allclose(R @ np.swapaxes(R, 1, 2), np.tile(np.eye(3), (8, 1, 1)),
                                   atol=1e-9)
        errors.append(abs(result.focal_px / window.focal_px - 1))
    assert sum(error < 0.01 for error in errors) >= 95, sorted(errors)[-6:]


@pytest.mark.parametrize('moving_share', [0.15, 0.4])
def test_moving_objects_do_not_move_the_camera(moving_share: float) -> None:
    window = simulate(Scene(outlier_share=0.0, moving_share=moving_share), seed=2)
    tracks, T, focal = cold_start(window, seed=2)
    result = refine(tracks, T, focal, RefinementConfig(kernel='cauchy'))
    assert result.focal_px == pytest.approx(window.focal_px, rel=0.01)


def test_outliers_are_marked() -> None:
    window = simulate(Scene(), seed=5)
    result = refine(window.tracks, window.T_world_camera, window.focal_px,
                    RefinementConfig(kernel='cauchy'))
    seen = np.isfinite(result.residual_px)
    # Outliers are off by 3 px and more; those along their own epipolar line can hide.
    assert result.is_inlier[seen & window.is_outlier].mean() < 0.1
    assert result.is_inlier[seen & ~window.is_outlier].mean() > 0.97
    assert result.robust_weight[seen & window.is_outlier].mean() < 0.1
    assert result.robust_weight[~seen].max() == 0.0


@pytest.mark.parametrize('kernel', ['l1', 'cauchy'])
def test_cold_start_takes_at_most_25_ms(kernel: str) -> None:
    """8 key frames x 256 tracks on one core; process time, so that a busy machine counts less."""
    window = simulate(Scene(), seed=2)
    tracks, T, focal = cold_start(window, seed=2)
    config = RefinementConfig(kernel=kernel)

    def seconds() -> float:
        start = time.process_time()
        refine(tracks, T, focal, config)
        return time.process_time() - start

    assert min(seconds() for _ in range(7)) < 0.025


@pytest.mark.parametrize('seed', range(5))
def test_no_other_start_ends_more_than_one_percent_lower(seed: int) -> None:
    window = simulate(Scene(), seed)
    tracks, T, focal = cold_start(window, seed)
    found = refine(tracks, T, focal, RefinementConfig()).objective_after
    patient = RefinementConfig(tolerance=0.0, maximum_iterations=400)
    others = [
        refine(tracks, T, focal, patient).objective_after,
        refine(window.tracks, window.T_world_camera, window.focal_px, patient).objective_after]
    assert found <= 1.01 * min(others)


def test_no_other_method_ends_more_than_one_percent_lower() -> None:
    """The trust-region solver of SciPy with numeric derivatives, from the truth."""
    scene = Scene(frames=5, tracks_per_frame=25, length=5)
    window = simulate(scene, seed=1)
    tracks, T, focal = cold_start(window, seed=1)
    found = refine(tracks, T, focal, RefinementConfig(fixed_scale=False)).objective_after
    problem = build_problem(window.tracks, window.T_world_camera, window.focal_px, 0.0,
                            RefinementConfig(), Priors())
    assert found <= 1.01 * _scipy_objective(problem)


def _scipy_objective(problem: Problem) -> float:
    """Return the objective (16, 17) that SciPy finds from the problem's start."""
    observations, start = problem.observations, problem.start
    frames, tracks = len(start.t), len(start.inverse_depth)
    seen = observations.weight > 0

    def residuals(x: Array) -> Array:
        poses = x[:6 * (frames - 1)].reshape(-1, 6)
        R, t = start.R.copy(), start.t.copy()
        for j in range(1, frames):
            turn = so3_exp(poses[j - 1, 3:])
            R[j], t[j] = turn @ R[j], turn @ t[j] + poses[j - 1, :3]
        intrinsics = np.array([start.intrinsics[0] + x[6 * (frames - 1)], 0.0])
        state = State(R, t, start.inverse_depth + x[6 * (frames - 1) + 1:], intrinsics)
        out = np.empty((*seen.shape, 2))
        reprojection_residuals(observations, state, out)
        return out[seen].ravel()

    sparsity = _sparsity(observations, frames)
    fit = least_squares(residuals, np.zeros(6 * (frames - 1) + 1 + tracks), loss='soft_l1',
                        f_scale=L1_CORNER_PX, x_scale='jac', jac_sparsity=sparsity,
                        max_nfev=100)
    return float(np.abs(fit.fun).sum()) / tracks


def _sparsity(observations: Observations, frames: int) -> lil_matrix:
    rows, columns = np.nonzero(observations.weight > 0)
    out = lil_matrix((2 * len(rows), 6 * (frames - 1) + 1 + len(observations.weight)), dtype=int)
    for i, (n, offset) in enumerate(zip(rows, columns, strict=True)):
        for frame in (observations.first_frame[n], observations.first_frame[n] + offset):
            if frame > 0:
                out[2 * i:2 * i + 2, 6 * (frame - 1):6 * frame] = 1
        out[2 * i:2 * i + 2, 6 * (frames - 1)] = 1
        out[2 * i:2 * i + 2, 6 * (frames - 1) + 1 + n] = 1
    return out


def test_thousand_warm_refinements_keep_rotations_orthonormal() -> None:
    window = simulate(Scene(frames=4, tracks_per_frame=30, length=4), seed=0)
    T, focal = window.T_world_camera, window.focal_px
    config = RefinementConfig(kernel='cauchy', maximum_iterations=2, fixed_frames=0)
    for _ in range(1000):
        result = refine(window.tracks, T, focal, config)
        T, focal = result.T_world_camera, result.focal_px
    R = T[:, :3, :3]
    assert np.abs(R @ np.swapaxes(R, 1, 2) - np.eye(3)).max() < 1e-9


def test_known_focal_length_and_held_poses_do_not_move() -> None:
    window = simulate(Scene(), seed=3)
    tracks, T, focal = cold_start(window, seed=3, focal_error=0.0)
    result = refine(tracks, T, focal, RefinementConfig(
        kernel='cauchy', estimate_focal=False, fixed_frames=2))
    assert result.focal_px == focal
    np.testing.assert_array_equal(result.T_world_camera[:2], T[:2])
    assert np.isinf(result.information.log_focal)
    assert np.isinf(result.information.log_scale)


@pytest.mark.parametrize('seed', [0, 1, 6])
def test_steps_that_lead_astray_are_rejected(seed: int) -> None:
    """From twice as far off as one would start: focal 50 %, depths and steps 100 %."""
    window = simulate(Scene(tracks_per_frame=40), seed)
    start = cold_start(window, seed, focal_error=0.5, depth_error=1.0, translation_error=1.0,
                       rotation_error_rad=0.05)
    costs = np.array([
        refine(*start, RefinementConfig(tolerance=0.0, maximum_iterations=count, inlier_px=1e3))
        .objective_after for count in range(1, 30)])
    steps = np.diff(costs)
    assert (steps == 0.0).any(), 'no step was rejected'
    assert steps.max() < 0.01, 'the corners of the kernel are 0.01 px'
    best = refine(window.tracks, window.T_world_camera, window.focal_px).objective_after
    assert costs[-1] < 1.05 * best


def test_radial_distortion_is_estimated() -> None:
    window = simulate(Scene(k1=-0.12, turn_rad=0.08), seed=4)
    tracks, T, focal = cold_start(window, seed=4, focal_error=0.1)
    with_k1 = refine(tracks, T, focal, RefinementConfig(kernel='cauchy', estimate_k1=True))
    without = refine(tracks, T, focal, RefinementConfig(kernel='cauchy'))
    assert with_k1.k1 == pytest.approx(-0.12, abs=0.01)
    assert with_k1.focal_px == pytest.approx(window.focal_px, rel=0.01)
    assert with_k1.noise_px < 0.8 * without.noise_px


def test_depths_of_a_depth_image_set_the_scale() -> None:
    window = simulate(Scene(), seed=6)
    tracks, T, focal = cold_start(window, seed=6)
    T = T.copy()
    T[:, :3, 3] *= 1.5
    sigma = 0.1 * window.tracks.inverse_depth
    random = np.random.default_rng(0)
    measured = window.tracks.inverse_depth + random.normal(0, 1, len(sigma)) * sigma
    priors = Priors(inverse_depth=measured, inverse_depth_information=(0.3 / sigma) ** 2)
    result = refine(replace(tracks, inverse_depth=measured), T, focal,
                    RefinementConfig(kernel='cauchy', fixed_scale=False), priors)
    np.testing.assert_allclose(result.T_world_camera[:, :3, 3],
                               window.T_world_camera[:, :3, 3], atol=0.02)
    # Of independent depths with 10 % deviation each, the scale has the mean's.
    std = result.noise_px / np.sqrt(result.information.log_scale)
    assert 0.1 / np.sqrt(len(sigma)) < std < 3 * 0.1 / np.sqrt(len(sigma))


def test_without_depth_the_scale_has_no_information() -> None:
    window = simulate(Scene(), seed=6)
    result = refine(window.tracks, window.T_world_camera, window.focal_px,
                    RefinementConfig(kernel='cauchy', fixed_scale=False))
    assert result.information.log_scale < 1e-3 * result.information.log_focal


def test_a_straight_drive_shows_less_of_the_focal_length_than_a_turn() -> None:
    config = RefinementConfig(kernel='cauchy')
    straight, turning = (
        refine(window.tracks, window.T_world_camera, window.focal_px, config)
        for window in (simulate(Scene(is_straight=True), 0), simulate(Scene(), 0)))
    assert straight.information.log_focal < 0.1 * turning.information.log_focal


def test_focal_prior_decides_where_the_motion_does_not() -> None:
    window = simulate(Scene(is_straight=True), seed=0)
    tracks, T, focal = cold_start(window, seed=0)
    held = refine(tracks, T, focal, RefinementConfig(kernel='cauchy'),
                  Priors(focal_px=window.focal_px, log_focal_information=1e8))
    assert held.focal_px == pytest.approx(window.focal_px, rel=1e-3)
    assert held.information.log_focal > 1e8
