# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the covariance of a motion is made of."""

import numpy as np
import pytest
from simulated_views import motion

from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    correction_covariance,
    CovarianceOptions,
    degeneracy_covariance,
    map_covariance,
    motion_covariance,
    tracks_that_err_alike,
)
from anycam_ros.frontend.geometric.estimation.pose_sensitivity import (
    LENS_PARAMETERS,
    PoseSensitivity,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.geometry.se3 import inverse

OPTIONS = CovarianceOptions()
COUNT = 400
T_MOTION = motion((0.01, 0.0, 0.02), (0.03, 0.0, 0.04))
NO_FOCAL_ERROR = 0.0


HEIGHT, WIDTH = 480, 640
POSITION_PX = np.random.default_rng(9).uniform(0, (WIDTH, HEIGHT), (COUNT, 2))
FAR_PX = 50.0        # of motion, after which flow samples other pixels


def tracking(residual_px: np.ndarray, *, static: int = COUNT, moved_px: float = 0.0,
             lens_response: np.ndarray | None = None) -> TrackingResult:
    """Return a tracking result with these residuals, in which so many points follow the camera."""
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    response = np.zeros((6, LENS_PARAMETERS)) if lens_response is None else lens_response
    return TrackingResult(
        np.zeros((HEIGHT, WIDTH), np.uint8), FlowPair(flow, flow),
        Matches(POSITION_PX + np.array([moved_px, 0.0]), np.ones(COUNT, np.bool_),
                np.ones(COUNT)),
        np.linalg.norm(residual_px, axis=1), np.arange(COUNT) < static, np.eye(4),
        1e4 * np.eye(6), 0.3,
        PoseSensitivity(residual_px, response))


def noise(std_px: float, seed: int = 0) -> np.ndarray:
    return std_px * np.random.default_rng(seed).normal(size=(COUNT, 2))


def size(now: TrackingResult, before: TrackingResult | None = None) -> float:
    return float(np.trace(motion_covariance(now, before, T_MOTION, NO_FOCAL_ERROR, OPTIONS)))


def test_std_grows_with_the_noise() -> None:
    assert size(tracking(noise(0.4))) == pytest.approx(4 * size(tracking(noise(0.2))))


def test_what_two_frames_have_in_common_spoils_no_motion_between_them() -> None:
    common = noise(1.0)
    before, now = tracking(common + noise(0.1, 1)), tracking(common + noise(0.1, 2))
    assert size(now, before) == pytest.approx(2 * size(tracking(noise(0.1))), rel=0.2)
    assert size(now, before) < 0.05 * size(now)


def test_what_two_frames_have_in_common_counts_once_the_camera_moves() -> None:
    common = noise(1.0)
    before = tracking(common + noise(0.1, 1))
    sizes = [size(tracking(common + noise(0.1, 2), moved_px=moved_px), before)
             for moved_px in (0.0, 0.1, OPTIONS.exchange_px, FAR_PX)]
    assert sizes == sorted(sizes)
    assert sizes[-1] == pytest.approx(size(tracking(common)), rel=0.1)
    assert sizes[1] < 0.1 * sizes[-1]


def test_tracks_that_err_alike_tell_as_much_as_few() -> None:
    regional = np.sin(POSITION_PX / 60.0)
    regional -= regional.mean(axis=0)
    alike = tracks_that_err_alike(tracking(regional), OPTIONS)
    shuffled = tracks_that_err_alike(
        tracking(np.random.default_rng(3).permutation(regional)), OPTIONS)
    assert shuffled == pytest.approx(1.0, abs=0.4)
    assert alike > 4 * shuffled
    assert size(tracking(regional)) > 4 * size(tracking(noise(float(regional.std()))))


def test_one_wild_track_does_not_speak_for_its_region() -> None:
    wild = noise(0.2)
    wild[0] = 50.0
    assert tracks_that_err_alike(tracking(wild), OPTIONS) == pytest.approx(
        tracks_that_err_alike(tracking(noise(0.2)), OPTIONS), rel=0.1)


def test_points_that_were_not_seen_before_do_not_count() -> None:
    residual_px = noise(0.2)
    residual_px[200:] = np.nan
    before = tracking(residual_px, static=200)
    now = tracking(noise(0.2))
    assert np.isfinite(size(now, before))
    assert size(now, before) < size(now)


def test_covariance_grows_when_little_is_static() -> None:
    assert size(tracking(noise(0.2), static=100)) == pytest.approx(
        4 * size(tracking(noise(0.2))), rel=0.3)


@pytest.mark.parametrize(('parameter', 'std'), [
    (0, float(np.hypot(0.1, OPTIONS.pinhole_std))), (1, OPTIONS.k1_std),
    (2, OPTIONS.principal_point_std), (3, OPTIONS.principal_point_std)])
def test_same_error_of_the_lens_in_both_frames_cancels(parameter: int, std: float) -> None:
    response = np.zeros((6, LENS_PARAMETERS))
    response[:, parameter] = 0.3, 0.1, -0.2, 0.05, -0.1, 0.02
    now = tracking(noise(0.0), lens_response=response)
    still = motion_covariance(now, now, np.eye(4), 0.01, OPTIONS)
    alone = motion_covariance(now, None, np.eye(4), 0.01, OPTIONS)
    np.testing.assert_allclose(alone - still, std ** 2 * response @ response.T, atol=1e-12)


def test_calibrated_lens_has_no_error() -> None:
    response = np.ones((6, LENS_PARAMETERS))
    np.testing.assert_array_equal(
        motion_covariance(tracking(noise(0.2), lens_response=response), None, T_MOTION,
                          NO_FOCAL_ERROR, OPTIONS),
        motion_covariance(tracking(noise(0.2)), None, T_MOTION, NO_FOCAL_ERROR, OPTIONS))


def test_correction_is_as_uncertain_as_it_is_large() -> None:
    applied = motion((0.001, 0.0, 0.0), (0.0, 0.002, 0.0))
    covariance = correction_covariance(T_MOTION, T_MOTION @ applied)
    assert np.sqrt(covariance[1, 1]) == pytest.approx(0.002)
    assert np.sqrt(covariance[3, 3]) == pytest.approx(0.001)
    np.testing.assert_array_equal(correction_covariance(np.eye(4), inverse(np.eye(4))), 0)


def test_new_map_makes_lengths_and_directions_uncertain() -> None:
    covariance = map_covariance(T_MOTION, 2, OPTIONS)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)),
                               [OPTIONS.first_map_std / 60] * 3 + [0] * 3)
    assert np.trace(map_covariance(T_MOTION, 0, OPTIONS)) > 8 * np.trace(covariance)


def test_step_and_turn_that_low_parallax_confuses_look_the_same() -> None:
    """Any step that it takes for possible comes with the turn that hides it, in the middle."""
    inverse_depth = 0.25
    covariance = degeneracy_covariance(T_MOTION, 0, inverse_depth)
    for direction in np.eye(6)[[0, 1]]:
        error = covariance @ direction
        blur = motion(tuple(error[3:]), tuple(error[:3]))
        seen = inverse(blur) @ np.array([0, 0, 1 / inverse_depth, 1])
        assert abs(error[:2]).max() > 1e-4
        np.testing.assert_allclose(seen[:2], 0, atol=1e-4 * abs(error[:2]).max())
