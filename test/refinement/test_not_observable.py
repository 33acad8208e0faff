# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What does not show the camera's motion is said to, and changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pytest

from anycam_ros.errors import ConfigError, TracksError
from anycam_ros.geometry.se3 import Array, so3_exp
from anycam_ros.refinement import Priors, refine, RefinementConfig, Tracks
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

Input: TypeAlias = tuple[Tracks, Array, float]


def start(scene: Scene, seed: int = 0) -> Input:
    return cold_start(simulate(scene, seed), seed)


def drifting(scene: Scene) -> Input:
    """Return a camera that does not travel, with a start that says it did."""
    tracks, T, focal = start(scene)
    T = T.copy()
    T[1:, :3, 3] += np.cumsum(np.random.default_rng(0).normal(0, 0.05, (len(T) - 1, 3)), axis=0)
    return tracks, T, focal


def behind() -> Input:
    tracks, T, focal = start(Scene(frames=3, length=3))
    T = T.copy()
    T[1:, :3, :3] = T[1:, :3, :3] @ so3_exp(np.array([0.0, np.pi, 0.0]))
    return tracks, T, focal


def with_values(**values: float) -> Input:
    """Return a window with columns of its tracks filled with a value."""
    tracks, T, focal = start(Scene())
    return replace(tracks, **{
        name: np.full_like(getattr(tracks, name), value) for name, value in values.items()}), \
        T, focal


def not_a_number_in_a_pose() -> Input:
    tracks, T, focal = start(Scene())
    T = T.copy()
    T[3, 0, 3] = np.nan
    return tracks, T, focal


def none_at_all() -> Input:
    nothing = Tracks(np.zeros(0, np.int64), np.zeros((0, 8, 2)), np.zeros((0, 8)), np.zeros(0))
    return nothing, np.tile(np.eye(4), (8, 1, 1)), 300.0


CASES: dict[str, tuple[Callable[[], Input], str]] = {
    'pure rotation': (lambda: drifting(Scene(step_m=0.0)), 'parallax'),
    'pure rotation without noise': (
        lambda: drifting(Scene(step_m=0.0, noise_px=0.0, outlier_share=0.0)), 'parallax'),
    'standing still': (lambda: drifting(Scene(step_m=0.0, turn_rad=0.0)), 'parallax'),
    'poses without a baseline': (lambda: start(Scene(step_m=0.0)), 'parallax'),
    'every track on an object of its own': (
        lambda: start(Scene(moving_share=1.0)), 'one camera motion'),
    'points behind the camera': (behind, 'behind'),
    'NaN observations': (lambda: with_values(points_px=np.nan), '0 tracks'),
    'infinite observations': (lambda: with_values(points_px=np.inf), '0 tracks'),
    'all weights zero': (lambda: with_values(weight=0.0), '0 tracks'),
    'negative weights': (lambda: with_values(weight=-1.0), '0 tracks'),
    'NaN weights': (lambda: with_values(weight=np.nan), '0 tracks'),
    'no tracks': (none_at_all, '0 tracks'),
    'two key frames': (lambda: start(Scene(frames=2, length=2)), 'focal length'),
    'NaN in a pose': (not_a_number_in_a_pose, 'finite'),
}


@pytest.mark.parametrize('kernel', ['l1', 'huber', 'cauchy'])
@pytest.mark.parametrize('case', CASES)
def test_not_observable(case: str, kernel: str) -> None:
    make, reason = CASES[case]
    tracks, T, focal = make()
    kept = T.copy(), tracks.inverse_depth.copy(), tracks.points_px.copy()
    result = refine(tracks, T, focal, RefinementConfig(kernel=kernel))
    assert result.not_observable
    assert result.status == 'not_observable'
    assert reason in result.reason
    np.testing.assert_array_equal(result.T_world_camera, kept[0])
    np.testing.assert_array_equal(result.inverse_depth, kept[1])
    assert result.focal_px == focal
    assert result.information.log_focal == 0.0
    assert not result.information.newest_pose.any()
    for before, now in zip(kept, (T, tracks.inverse_depth, tracks.points_px), strict=True):
        np.testing.assert_array_equal(before, now)


def test_one_pose() -> None:
    tracks, T, focal = start(Scene(frames=2, length=2))
    assert 'one key frame' in refine(tracks, T[:1], focal).reason


@pytest.mark.parametrize('config', [RefinementConfig(estimate_focal=False), RefinementConfig()],
                         ids=['known focal length', 'prior'])
def test_two_key_frames_are_enough_for_a_known_focal_length(config: RefinementConfig) -> None:
    window = simulate(Scene(frames=2, length=2), seed=1)
    tracks, T, _ = cold_start(window, seed=1)
    result = refine(tracks, T, window.focal_px, config, Priors(log_focal_information=1e6))
    assert result.status == 'converged'
    np.testing.assert_allclose(result.T_world_camera[:, :3, :3],
                               window.T_world_camera[:, :3, :3], atol=2e-3)


def test_some_bad_observations_do_no_harm() -> None:
    window = simulate(Scene(), seed=2)
    tracks, T, focal = cold_start(window, seed=2)
    points, weight = tracks.points_px.copy(), tracks.weight.copy()
    depth = tracks.inverse_depth.copy()
    points[::5, 2], points[::7, 0], weight[::11, 3] = np.nan, np.inf, np.nan
    depth[::13], depth[1::13], depth[2::13] = np.nan, 0.0, -1.0
    bad = Tracks(tracks.first_frame, points, weight, depth)
    result = refine(bad, T, focal, RefinementConfig(kernel='cauchy'))
    assert result.focal_px == pytest.approx(window.focal_px, rel=0.01)
    assert np.isfinite(result.T_world_camera).all()
    assert np.isfinite(result.inverse_depth).all()


def test_a_track_without_an_anchor_has_no_say() -> None:
    window = simulate(Scene(), seed=2)
    tracks, T, focal = cold_start(window, seed=2)
    lost = np.arange(len(tracks)) % 3 == 0
    points, weight = tracks.points_px.copy(), tracks.weight.copy()
    points[lost, 0, 1] = np.nan
    weight[lost] = 0.0
    without_anchor = refine(replace(tracks, points_px=points), T, focal)
    without_track = refine(replace(tracks, weight=weight), T, focal)
    np.testing.assert_array_equal(without_anchor.T_world_camera, without_track.T_world_camera)


def test_a_frame_that_nothing_is_seen_in_stays() -> None:
    window = simulate(Scene(frames=5, length=2), seed=3)
    tracks, T, focal = cold_start(window, seed=3, focal_error=0.0)
    last = tracks.first_frame == 3
    weight = np.where(last[:, None], 0.0, tracks.weight)
    result = refine(replace(tracks, weight=weight), T, focal, RefinementConfig(
        kernel='cauchy', estimate_focal=False, fixed_scale=False))
    assert result.status == 'converged'
    np.testing.assert_allclose(result.T_world_camera[4], T[4], atol=1e-12)
    # Nothing but rounding: the pivots of what is not seen.
    assert np.abs(result.information.newest_pose).max() < 1e-6


@pytest.mark.parametrize(('change', 'message'), [
    ({'points_px': np.zeros((3, 2))}, r'points_px is \(3, 2\)'),
    ({'weight': np.zeros((3, 4))}, r'weight is \(3, 4\)'),
    ({'first_frame': np.zeros(2, np.int64)}, r'first_frame is \(2,\)'),
    ({'inverse_depth': np.zeros((3, 1))}, r'inverse_depth is \(3, 1\)'),
])
def test_shapes_of_tracks(change: dict[str, Array], message: str) -> None:
    fields = {'first_frame': np.zeros(3, np.int64), 'points_px': np.zeros((3, 5, 2)),
              'weight': np.zeros((3, 5)), 'inverse_depth': np.ones(3)}
    with pytest.raises(TracksError, match=message):
        Tracks(**(fields | change))


@pytest.mark.parametrize(('T', 'message'), [
    (np.eye(4), r'T_world_camera is \(4, 4\)'),
    (np.zeros((3, 3, 4)), r'T_world_camera is \(3, 3, 4\)'),
    (np.zeros((8, 4, 4)), 'no rigid motion'),
    (np.tile(np.diag([1.0, 1.0, -1.0, 1.0]), (8, 1, 1)), 'no rigid motion'),
    (np.tile(np.eye(4), (3, 1, 1)), 'first_frame is 0 to 6'),
])
def test_shapes_of_poses(T: Array, message: str) -> None:
    tracks, _, focal = start(Scene(tracks_per_frame=10))
    with pytest.raises(TracksError, match=message):
        refine(tracks, T, focal)


@pytest.mark.parametrize('focal', [0.0, -300.0, np.nan, np.inf])
def test_focal_length_must_be_one(focal: float) -> None:
    tracks, T, _ = start(Scene(tracks_per_frame=10))
    with pytest.raises(TracksError, match='focal_px'):
        refine(tracks, T, focal)


@pytest.mark.parametrize(('priors', 'message'), [
    (Priors(inverse_depth=np.ones(3)), r'prior inverse_depth is \(3,\)'),
])
def test_shapes_of_priors(priors: Priors, message: str) -> None:
    tracks, T, focal = start(Scene(tracks_per_frame=10))
    with pytest.raises(TracksError, match=message):
        refine(tracks, T, focal, priors=priors)


@pytest.mark.parametrize(('name', 'value'), [
    ('kernel', 'tukey'), ('delta_px', 0.0), ('maximum_iterations', 0),
    ('tolerance', 1.0), ('fixed_frames', -1), ('smoothness', float('nan')), ('inlier_px', -1.0)])
def test_config_says_what_is_allowed(name: str, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(ConfigError, match=f'{name} is {value!r}; allowed'):
        RefinementConfig(**{name: value})
