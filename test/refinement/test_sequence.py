# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whole sequences: all key frames at once, and the frames in between."""

from dataclasses import replace
import time

import numpy as np
import pytest

from anycam_ros.errors import TracksError
from anycam_ros.geometry.se3 import Array, so3_exp
from anycam_ros.refinement import (
    paper_objective,
    propagate_key_frames,
    refine,
    RefinementConfig,
    Tracks,
)
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

KEY_FRAMES = np.array([2, 5, 9, 10])


def rigid(seed: int, size: float = 0.3) -> Array:
    random = np.random.default_rng(seed)
    T = np.eye(4)
    T[:3, :3] = so3_exp(random.normal(0, size, 3))
    T[:3, 3] = random.normal(0, size, 3)
    return T


def steady(frames: int, speed: float) -> Array:
    """Return a camera that travels and turns evenly."""
    T = np.tile(np.eye(4), (frames, 1, 1))
    for i in range(frames):
        T[i, :3, :3] = so3_exp(np.array([0.0, 0.05 * i, 0.0]))
        T[i, 2, 3] = speed * i
    return T


def test_a_motion_common_to_all_key_frames_moves_every_frame_with_them() -> None:
    T = np.stack([rigid(seed) for seed in range(13)])
    moved = rigid(99) @ T
    found = propagate_key_frames(T, KEY_FRAMES, moved[KEY_FRAMES])
    np.testing.assert_allclose(found, moved, atol=1e-12)


def test_frames_in_between_share_a_change_of_direction() -> None:
    """Still frames between a key frame that stays and one that turned and moved."""
    T = np.tile(np.eye(4), (4, 1, 1))
    moved = np.tile(np.eye(4), (2, 1, 1))
    moved[1, :3, :3], moved[1, :3, 3] = so3_exp(np.array([0, 0.3, 0])), [3, 0, 0]
    found = propagate_key_frames(T, np.array([0, 3]), moved)
    for i in range(4):
        np.testing.assert_allclose(found[i, :3, :3],
                                   so3_exp(np.array([0, 0.1 * i, 0])), atol=1e-12)
        np.testing.assert_allclose(found[i, :3, 3], [i, 0, 0], atol=1e-12)


def test_frames_in_between_follow_a_change_of_scale() -> None:
    T, scaled = steady(13, 1.0), steady(13, 1.5)
    found = propagate_key_frames(T, KEY_FRAMES, scaled[KEY_FRAMES])
    inside = slice(KEY_FRAMES[0], KEY_FRAMES[-1] + 1)
    np.testing.assert_allclose(found[inside], scaled[inside], atol=1e-12)
    # Beyond the last key frame the frames keep their own motion.
    np.testing.assert_allclose(found[12] - found[10], T[12] - T[10], atol=1e-12)


@pytest.mark.parametrize('key_frames', [[], [3, 3], [5, 2], [-1, 2], [0, 13]])
def test_key_frames_must_increase(key_frames: list[int]) -> None:
    T, numbers = steady(13, 1.0), np.array(key_frames, np.int64)
    with pytest.raises(TracksError, match='key_frames'):
        propagate_key_frames(T, numbers, np.tile(np.eye(4), (len(key_frames), 1, 1)))


def test_a_sequence_of_120_key_frames() -> None:
    scene = Scene(frames=120, tracks_per_frame=60)
    window = simulate(scene, seed=1)
    tracks, T, focal = cold_start(window, seed=1, translation_error=0.3, rotation_error_rad=0.02)
    refined = refine(tracks, T, focal, RefinementConfig(kernel='cauchy'))
    assert refined.focal_px == pytest.approx(window.focal_px, rel=0.01)
    assert aligned_error(refined.T_world_camera, window.T_world_camera) \
        < 0.03 * aligned_error(T, window.T_world_camera)


def aligned_error(T: Array, truth: Array) -> float:
    """Return the root mean square of the positions' errors at the best scale about the start."""
    found, true = T[:, :3, 3], truth[:, :3, 3]
    scale = (found * true).sum() / (found ** 2).sum()
    return float(np.sqrt(((scale * found - true) ** 2).sum(axis=1).mean()))


def test_time_grows_with_the_length_and_no_faster() -> None:
    """Four times the key frames take about four times as long; dense, it would be the cube."""
    def seconds_per_iteration(frames: int) -> float:
        window = simulate(Scene(frames=frames, tracks_per_frame=60), seed=0)
        tracks, T, focal = cold_start(window, seed=0)
        best = np.inf
        for _ in range(3):
            start = time.process_time()
            result = refine(tracks, T, focal, RefinementConfig(kernel='cauchy'))
            best = min(best, (time.process_time() - start) / result.iterations)
        return best

    seconds_per_iteration(10)
    assert seconds_per_iteration(160) < 6 * seconds_per_iteration(40)


def test_smoothness_straightens_the_path() -> None:
    window = simulate(Scene(frames=24, tracks_per_frame=20), seed=2)
    tracks, T, focal = cold_start(window, seed=2)
    results = [refine(tracks, T, focal, RefinementConfig(smoothness=smoothness))
               for smoothness in (0.0, 16.8, 500.0)]
    bends = [_bend(result.T_world_camera) for result in results]
    assert bends[0] > 1.05 * bends[1] > 2 * bends[2]
    for result in results[1:]:
        assert result.objective_after < result.objective_before
        # The smoothest path of all is one of no length: the scale has to be held.
        lengths = [np.linalg.norm(poses[:, :3, 3], axis=1)
                   for poses in (T, result.T_world_camera)]
        widest = lengths[0].argmax()
        assert lengths[1][widest] == pytest.approx(lengths[0][widest], rel=1e-9)


@pytest.mark.parametrize('seed', range(3))
def test_what_is_smoothed_costs_less_than_what_is_not(seed: int) -> None:
    window = simulate(Scene(frames=24, tracks_per_frame=20), seed)
    tracks, T, focal = cold_start(window, seed)
    config = RefinementConfig(smoothness=16.8)
    smoothed, rough = refine(tracks, T, focal, config), refine(tracks, T, focal)
    rough_tracks = replace(tracks, inverse_depth=rough.inverse_depth)
    from_rough = refine(rough_tracks, rough.T_world_camera, rough.focal_px, config)
    assert smoothed.objective_after < paper_objective(
        rough_tracks, rough.T_world_camera, rough.focal_px, 16.8)
    assert smoothed.objective_after < 1.01 * from_rough.objective_after
    # A held scale that the step does not know of would double them.
    assert smoothed.iterations < 16


def _bend(T: Array) -> float:
    centre = T[:, :3, 3]
    return float(np.abs(centre[2:] - 2 * centre[1:-1] + centre[:-2]).mean())


def test_tracks_longer_than_the_sequence() -> None:
    window = simulate(Scene(frames=4, length=4, tracks_per_frame=50), seed=3)
    tracks = window.tracks
    padding = np.full((len(tracks), 6, 2), np.nan)
    padded = Tracks(tracks.first_frame, np.concatenate([tracks.points_px, padding], axis=1),
                    np.pad(tracks.weight, ((0, 0), (0, 6)), constant_values=1.0),
                    tracks.inverse_depth)
    results = [refine(some, window.T_world_camera, window.focal_px) for some in (tracks, padded)]
    np.testing.assert_array_equal(results[0].T_world_camera, results[1].T_world_camera)
    assert results[1].residual_px.shape == (len(tracks), 4)
