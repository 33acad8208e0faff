# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Marginal information against Monte Carlo and against the dense inverse."""

import numpy as np
import pytest

from anycam_ros.geometry.se3 import Array, inverse, so3_log
from anycam_ros.refinement import Priors, refine, RefinementConfig
from anycam_ros.simulation.simulated_tracks import Scene, simulate

WINDOWS = 150
GAUSSIAN = Scene(tracks_per_frame=60, outlier_share=0.0)
CONFIGS = {
    'huber': RefinementConfig(kernel='huber', delta_px=5.0, fixed_frames=2, tolerance=1e-7),
    'cauchy': RefinementConfig(kernel='cauchy', fixed_frames=2, tolerance=1e-7),
    'l1': RefinementConfig(kernel='l1', fixed_frames=2, tolerance=1e-7),
}


def perturbation(T: Array, truth: Array) -> Array:
    """Return the left perturbation (6,) of T_camera_world that leads from the truth to T."""
    found, true = inverse(T), inverse(truth)
    turn = found[:3, :3] @ true[:3, :3].T
    return np.concatenate([found[:3, 3] - turn @ true[:3, 3], so3_log(turn)])


@pytest.mark.slow
@pytest.mark.parametrize('kernel', CONFIGS)
def test_errors_are_as_large_as_the_information_says(kernel: str) -> None:
    """Normalised squared errors (NEES) of the newest pose and the focal length are 1 on average.

    0.3 px Gaussian noise; the two oldest poses are held at the truth.
    """
    pose, focal, noise = [], [], []
    for seed in range(WINDOWS):
        window = simulate(GAUSSIAN, seed)
        result = refine(window.tracks, window.T_world_camera, window.focal_px, CONFIGS[kernel])
        information, variance = result.information, result.noise_px ** 2
        error = perturbation(result.T_world_camera[-1], window.T_world_camera[-1])
        pose.append(error @ information.newest_pose @ error / variance / 6)
        focal.append(np.log(result.focal_px / window.focal_px) ** 2
                     * information.log_focal / variance)
        noise.append(result.noise_px)
    assert 0.7 < np.mean(pose) < 1.4
    assert 0.7 < np.mean(focal) < 1.4
    assert np.mean(noise) == pytest.approx(GAUSSIAN.noise_px, rel=0.1)


def test_scale_is_as_uncertain_as_the_information_says() -> None:
    errors = []
    for seed in range(WINDOWS):
        window = simulate(GAUSSIAN, seed)
        random = np.random.default_rng(seed + 1)
        true = window.tracks.inverse_depth
        measured = true * (1 + 0.2 * random.normal(size=len(true)))
        priors = Priors(inverse_depth=measured,
                        inverse_depth_information=(GAUSSIAN.noise_px / (0.2 * true)) ** 2)
        result = refine(window.tracks, window.T_world_camera, window.focal_px, RefinementConfig(
            kernel='huber', delta_px=5.0, fixed_scale=False, tolerance=1e-7), priors)
        lengths = [np.linalg.norm(T[:, :3, 3])
                   for T in (result.T_world_camera, window.T_world_camera)]
        errors.append(np.log(lengths[0] / lengths[1]) ** 2
                      * result.information.log_scale / result.noise_px ** 2)
    assert 0.7 < np.mean(errors) < 1.4


def test_a_held_scale_counts_as_known() -> None:
    window = simulate(GAUSSIAN, seed=0)
    held, free = (
        refine(window.tracks, window.T_world_camera, window.focal_px,
               RefinementConfig(kernel='huber', fixed_scale=fixed_scale)).information
        for fixed_scale in (True, False))
    weakest = [np.linalg.eigvalsh(information.newest_pose)[0] for information in (held, free)]
    assert weakest[0] > 100.0
    assert weakest[1] < 1.0
    assert np.isinf(held.log_scale)


def test_depth_information_is_that_of_the_observations_and_the_prior() -> None:
    window = simulate(GAUSSIAN, seed=0)
    count = len(window.tracks)
    config = CONFIGS['huber']
    without = refine(window.tracks, window.T_world_camera, window.focal_px, config)
    with_prior = refine(window.tracks, window.T_world_camera, window.focal_px, config,
                        Priors(inverse_depth_information=np.full(count, 123.0)))
    np.testing.assert_allclose(with_prior.inverse_depth_information,
                               without.inverse_depth_information + 123.0, rtol=0.02)
