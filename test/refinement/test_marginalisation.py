# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A key frame that leaves the window leaves what it knows."""

import numpy as np
import pytest

from anycam_ros.refinement import (
    marginalise_oldest,
    Priors,
    refine,
    RefinementConfig,
    RefinementResult,
    Tracks,
)
from anycam_ros.simulation.simulated_tracks import Scene, simulate

SCENE = Scene(frames=9, tracks_per_frame=60, outlier_share=0.0)
HELD = RefinementConfig(kernel='huber', delta_px=50.0, tolerance=1e-10, fixed_scale=False)
FREE = RefinementConfig(kernel='huber', delta_px=50.0, tolerance=1e-10, fixed_scale=False,
                        fixed_frames=0)


def without_oldest(tracks: Tracks) -> Tracks:
    later = tracks.first_frame > 0
    return Tracks(tracks.first_frame[later] - 1, tracks.points_px[later], tracks.weight[later],
                  tracks.inverse_depth[later])


def depth_priors(tracks: Tracks) -> Priors:
    """Return priors that give the window a scale."""
    depth = tracks.inverse_depth
    return Priors(depth, (0.3 / (0.2 * depth)) ** 2)


def all_frames(seed: int) -> tuple[Tracks, Priors, RefinementResult]:
    window = simulate(SCENE, seed)
    priors = depth_priors(window.tracks)
    return window.tracks, priors, refine(
        window.tracks, window.T_world_camera, window.focal_px, HELD, priors)


@pytest.mark.parametrize('seed', range(3))
def test_the_window_goes_on_as_if_nothing_had_left(seed: int) -> None:
    tracks, priors, full = all_frames(seed)
    prior = marginalise_oldest(tracks, full, HELD, priors)
    later = without_oldest(tracks)
    rest = refine(later, full.T_world_camera[1:], full.focal_px, FREE, Priors(
        *(column[tracks.first_frame > 0]
          for column in (priors.inverse_depth, priors.inverse_depth_information)), poses=prior))
    # Linearised at the common minimum, the smaller problem has the same minimum ...
    np.testing.assert_allclose(rest.T_world_camera, full.T_world_camera[1:], atol=1e-5)
    assert rest.focal_px == pytest.approx(full.focal_px, rel=1e-5)
    # ... and knows as much about it.
    np.testing.assert_allclose(rest.information.newest_pose, full.information.newest_pose,
                               rtol=1e-3, atol=1e-3 * full.information.newest_pose.max())
    assert rest.information.log_focal == pytest.approx(full.information.log_focal, rel=1e-3)


def test_a_second_key_frame_leaves_through_its_prior() -> None:
    tracks, priors, full = all_frames(seed=0)
    prior = marginalise_oldest(tracks, full, HELD, priors)
    poses = full.T_world_camera
    information = []
    for _ in range(2):
        later = tracks.first_frame > 0
        tracks = without_oldest(tracks)
        poses = poses[1:]
        priors = Priors(priors.inverse_depth[later], priors.inverse_depth_information[later],
                        poses=prior)
        result = refine(tracks, poses, full.focal_px, FREE, priors)
        information.append(result.information.log_focal)
        prior = marginalise_oldest(tracks, result, FREE, priors)
    np.testing.assert_allclose(information, full.information.log_focal, rtol=1e-3)
    np.testing.assert_allclose(result.T_world_camera, full.T_world_camera[2:], atol=1e-4)


def test_without_the_prior_less_is_known() -> None:
    tracks, priors, full = all_frames(seed=1)
    later = tracks.first_frame > 0
    rest = refine(without_oldest(tracks), full.T_world_camera[1:], full.focal_px, HELD, Priors(
        priors.inverse_depth[later], priors.inverse_depth_information[later]))
    assert rest.information.log_focal < 0.95 * full.information.log_focal


def test_information_is_symmetric_and_not_negative() -> None:
    tracks, priors, full = all_frames(seed=2)
    information = marginalise_oldest(tracks, full, HELD, priors).information
    np.testing.assert_array_equal(information, information.T)
    eigenvalues = np.linalg.eigvalsh(information)
    assert eigenvalues.min() > -1e-9 * eigenvalues.max()
