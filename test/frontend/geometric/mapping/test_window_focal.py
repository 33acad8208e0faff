# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a window shows of the focal length by itself, in simulation with known truth."""

import math

import numpy as np
import pytest
from simulated_views import CAMERA

from anycam_ros.frontend.geometric.estimation.pose_covariance import CovarianceOptions
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalEvidence
from anycam_ros.frontend.geometric.mapping.local_bundle_adjustment import (
    adjust_bundle,
    LocalBundleAdjustmentOptions,
)
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.frontend.geometric.mapping.window_focal import (
    go_over_to_focal,
    learn_focal,
    WindowFocalOptions,
)
from anycam_ros.geometry.se3 import inverse
from anycam_ros.refinement import Priors, refine, RefinementConfig
from anycam_ros.simulation.simulated_tracks import Scene, simulate

OPTIONS, COVARIANCE = WindowFocalOptions(), CovarianceOptions()
SCENE = Scene(tracks_per_frame=128, outlier_share=0.05)
THRESHOLD_PX = 1.0


def window_made_with(focal_px: float, scene: Scene, seed: int) -> SlidingWindow:
    """Return a window that has slid, whose poses and depths fit a focal length, right or wrong."""
    simulated = simulate(scene, seed)
    made = refine(simulated.tracks, simulated.T_world_camera, focal_px,
                  RefinementConfig(kernel='cauchy', estimate_focal=False), Priors())
    window = SlidingWindow(CAMERA, focal_px, SlidingWindowOptions())
    tracks = window.tracks
    tracks.first_frame = simulated.tracks.first_frame
    tracks.points_px, tracks.weight = simulated.tracks.points_px, simulated.tracks.weight
    tracks.inverse_depth, tracks.prior = made.inverse_depth.copy(), made.inverse_depth.copy()
    tracks.information = tracks.prior_information = made.inverse_depth_information
    tracks.measured = tracks.measured_information = np.zeros(len(made.inverse_depth))
    window.T_camera_world, window.has_slid = inverse(made.T_world_camera), True
    window.key_frames_since_focal = OPTIONS.interval
    return window


@pytest.mark.parametrize('wrong', [0.75, 1.3])
def test_motion_shows_the_focal_length_whatever_the_window_was_made_with(wrong: float) -> None:
    errors = []
    for seed in range(12):
        focal = FocalState(wrong * SCENE.focal_px)
        window = window_made_with(focal.focal_px, SCENE, seed)
        learn_focal(window, focal, THRESHOLD_PX, OPTIONS, COVARIANCE)
        error = math.log(focal.focal_px / SCENE.focal_px)
        assert abs(error) < 2 * focal.relative_std
        errors.append(abs(error))
    assert np.median(errors) < 0.4 * abs(math.log(wrong))


@pytest.mark.parametrize('wrong', [0.75, 1.3])
def test_driving_straight_ahead_leaves_the_prior(wrong: float) -> None:
    scene = Scene(is_straight=True, tracks_per_frame=128)
    for seed in range(4):
        focal = FocalState(wrong * scene.focal_px)
        before = focal.relative_std
        window = window_made_with(focal.focal_px, scene, seed)
        learn_focal(window, focal, THRESHOLD_PX, OPTIONS, COVARIANCE)
        assert not focal.is_observed
        assert focal.relative_std > 0.7 * before
        assert abs(math.log(focal.focal_px / scene.focal_px)) < 2 * focal.relative_std


def test_window_is_asked_again_once_half_of_it_is_new() -> None:
    focal, asked = FocalState(SCENE.focal_px), []
    window = window_made_with(focal.focal_px, SCENE, 0)
    window.key_frames_since_focal = 0
    for _ in range(2 * OPTIONS.interval):
        before = focal.relative_std
        learn_focal(window, focal, THRESHOLD_PX, OPTIONS, COVARIANCE)
        asked.append(focal.relative_std < before)
    assert asked == [*[False] * (OPTIONS.interval - 1), True] * 2


def test_window_far_from_what_is_known_is_found_anew() -> None:
    focal = FocalState(SCENE.focal_px)
    focal.learn(FocalEvidence(1 / 0.03 ** 2, math.log(SCENE.focal_px) / 0.03 ** 2))
    near, far = (window_made_with(ratio * SCENE.focal_px, SCENE, 0) for ratio in (1.03, 1.4))
    kept = near.T_camera_world.copy()
    go_over_to_focal(near, focal, THRESHOLD_PX, OPTIONS)
    np.testing.assert_array_equal(near.T_camera_world, kept)
    go_over_to_focal(far, focal, THRESHOLD_PX, OPTIONS)
    assert far.focal_px == focal.focal_px
    result = adjust_bundle(far, focal, THRESHOLD_PX, LocalBundleAdjustmentOptions(), COVARIANCE)
    assert far.focal_px == pytest.approx(SCENE.focal_px, rel=0.03)
    assert result.noise_px < 1.2 * SCENE.noise_px


def test_given_focal_length_stays() -> None:
    focal = FocalState(1.1 * SCENE.focal_px, is_given=True)
    window = window_made_with(focal.focal_px, SCENE, 0)
    adjust_bundle(window, focal, THRESHOLD_PX, LocalBundleAdjustmentOptions(), COVARIANCE)
    assert window.focal_px == focal.focal_px == pytest.approx(1.1 * SCENE.focal_px)
