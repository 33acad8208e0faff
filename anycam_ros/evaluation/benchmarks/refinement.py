# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy and speed of the bundle adjustment on simulated tracks, against the paper's Adam."""

from collections.abc import Iterator
from dataclasses import replace
import math
import time

import numpy as np

from anycam_ros.errors import DependencyError
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement import (
    paper_objective,
    Priors,
    refine,
    RefinementConfig,
    RefinementResult,
    Tracks,
    warm_up,
)
from anycam_ros.refinement.objective import world_poses
from anycam_ros.refinement.problem import build_problem
from anycam_ros.refinement.state import LOG_FOCAL
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

WINDOWS = 100
REPEATS = 15                     # of what takes milliseconds
BEST_OF = 10                     # windows whose best objective is searched for
SMOOTHNESS = 0.1 * 168           # the paper's lambda, for an image of 336 px and residuals in px
# As the network sees it: 336 px square, lengths in units of 10 m; a steady hand.
SQUARE = Scene(focal_px=285.0, half_width_px=168.0, half_height_px=168.0, step_m=0.015,
               nearest_m=0.2, farthest_m=1.2, unsteadiness=0.03)
CLIP = replace(SQUARE, frames=24)


def benchmark_refinement(*, with_clip: bool = True) -> Iterator[str]:
    """Yield the figures line by line; the clip of 24 key frames gives Adam its 8600 steps."""
    warm_up()
    yield (f'{WINDOWS} simulated windows: 8 key frames x 256 tracks, 15 % outliers, 0.3 px noise; '
           'start: focal 20 % off, depths 30 % off')
    for kernel in ('l1', 'huber', 'cauchy'):
        yield _recovery(kernel)
    yield 'warm start of a live window: 8 key frames x 64 tracks, at most 6 iterations'
    yield _live()
    yield f'best objective that any start or 400 iterations find, {BEST_OF} windows'
    yield _against_patience()
    _keep_torch_to_one_core()
    yield ("the paper's Adam on the same tracks, one core for either; objective (19) and its "
           'reprojection part (17)')
    yield from _against_adam('one window', SQUARE)
    if with_clip:
        yield from _against_adam('clip of 24 key frames', CLIP)


def _keep_torch_to_one_core() -> None:
    try:
        import torch
    except ImportError as error:
        raise DependencyError('the comparison with Adam needs torch: pip install torch') from error
    torch.set_num_threads(1)


def _recovery(kernel: str) -> str:
    errors, times_ms, iterations, lost = [], [], [], 0
    for seed in range(WINDOWS):
        window = simulate(Scene(), seed)
        start = cold_start(window, seed)
        result, elapsed_ms = _timed(*start, RefinementConfig(kernel=kernel))
        lost += result.not_observable
        errors.append(abs(result.focal_px / window.focal_px - 1))
        times_ms.append(elapsed_ms)
        iterations.append(result.iterations)
    within = int((np.array(errors) < 0.01).sum())
    return (f'  {kernel:<7} focal within 1 %: {within:>3}   worst {max(errors):.2%}   '
            f'not observable: {lost}   median {np.median(times_ms):.1f} ms   '
            f'p95 {np.percentile(times_ms, 95):.1f} ms   {np.median(iterations):.0f} iterations')


def _live() -> str:
    window = simulate(Scene(tracks_per_frame=64), seed=1)
    tracks, T, focal_px = cold_start(
        window, seed=1, focal_error=0.02, depth_error=0.05, translation_error=0.02,
        rotation_error_rad=0.001)
    config = RefinementConfig(kernel='cauchy', maximum_iterations=6, fixed_frames=2)
    depth = tracks.inverse_depth
    priors = Priors(depth, 1.0 / ((5 * depth) ** 2 + (0.3 * np.median(depth)) ** 2), focal_px,
                    1.0 / 0.15 ** 2)
    runs = [_timed(tracks, T, focal_px, config, priors) for _ in range(REPEATS)]
    result = runs[0][0]
    times_ms = [elapsed_ms for _, elapsed_ms in runs]
    return (f'  {len(tracks)} tracks, {np.isfinite(result.residual_px).sum()} observations: '
            f'median {np.median(times_ms):.2f} ms   worst {max(times_ms):.2f} ms   '
            f'{result.iterations} iterations')


def _against_patience() -> str:
    patient = RefinementConfig(tolerance=0.0, maximum_iterations=400)
    ratios = []
    for seed in range(BEST_OF):
        window = simulate(Scene(), seed)
        start = cold_start(window, seed)
        truth = window.tracks, window.T_world_camera, window.focal_px
        best = min(refine(*start, patient).objective_after,
                   refine(*truth, patient).objective_after)
        ratios.append(refine(*start).objective_after / best)
    return f'  l1: at most {max(ratios) - 1:.2%} above it'


def _against_adam(name: str, scene: Scene) -> Iterator[str]:
    from anycam_ros.evaluation.benchmarks.adam import AdamSchedule, minimise_by_adam
    window = simulate(scene, seed=0)
    tracks, T, focal_px = cold_start(window, seed=0)
    # The weight is sigma_max - sigma, and the uncertainty grows along the track.
    weight = np.where(tracks.weight > 0, 0.05 - 0.004 * np.arange(scene.length), 0.0)
    tracks = replace(tracks, weight=weight)
    config = RefinementConfig(smoothness=SMOOTHNESS)
    runs = [_timed(tracks, T, focal_px, config) for _ in range(REPEATS)]
    ours, ours_ms = runs[0][0], float(np.median([elapsed_ms for _, elapsed_ms in runs]))
    problem = build_problem(tracks, T, focal_px, 0.0, config, Priors())
    begun_s = time.perf_counter()
    adam, adam_steps = minimise_by_adam(problem, AdamSchedule())
    adam_ms = 1e3 * (time.perf_counter() - begun_s)
    yield f'  {name}, {np.isfinite(ours.residual_px).sum()} observations'
    yield _line('truth', replace(tracks, inverse_depth=window.tracks.inverse_depth),
                window.T_world_camera, window.focal_px, window.focal_px)
    yield _line('start', tracks, T, focal_px, window.focal_px)
    for label, depths, poses, focal, steps, elapsed_ms in (
            ('adam', adam.inverse_depth, world_poses(adam),
             math.exp(adam.intrinsics[LOG_FOCAL]), adam_steps, adam_ms),
            ('ours', ours.inverse_depth, ours.T_world_camera, ours.focal_px, ours.iterations,
             ours_ms)):
        yield _line(label, replace(tracks, inverse_depth=depths), poses, focal, window.focal_px) \
            + f'   {steps:>5} steps   {elapsed_ms:>9.1f} ms'
    yield f'    ours in 1/{adam_ms / ours_ms:.0f} of the time'


def _line(label: str, tracks: Tracks, T: Array, focal_px: float, true_focal_px: float) -> str:
    objectives = (paper_objective(tracks, T, focal_px, smoothness)
                  for smoothness in (SMOOTHNESS, 0.0))
    return (f'    {label:<6} (19) {next(objectives):.4f}   (17) {next(objectives):.4f}   '
            f'focal error {abs(focal_px / true_focal_px - 1):.2%}')


def _timed(tracks: Tracks, T: Array, focal_px: float, config: RefinementConfig,
           priors: Priors | None = None) -> tuple[RefinementResult, float]:
    begun_s = time.perf_counter()
    result = refine(tracks, T, focal_px, config, priors)
    return result, 1e3 * (time.perf_counter() - begun_s)
