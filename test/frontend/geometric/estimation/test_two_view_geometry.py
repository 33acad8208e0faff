# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two views: the turn, the geometry, both hypotheses of a plane, and nothing from nothing."""

import numpy as np
import pytest
from simulated_views import angle_rad, FOCAL_PX, motion, project, scattered_px

from anycam_ros.frontend.geometric.estimation.two_view_geometry import (
    fit_rotation,
    FocalPrior,
    two_view_hypotheses,
    TwoViewGeometry,
    TwoViewOptions,
)
from anycam_ros.geometry.se3 import Array, so3_exp, so3_log

OPTIONS = TwoViewOptions()
COUNT = 300
STEPS = [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.5, -0.3, 0.7), (0.0, 0.0, -1.0)]


def turn_error_rad(R: Array, R_true: Array) -> float:
    return float(np.linalg.norm(so3_log(R @ R_true.T)))


def hypotheses(first: Array, second: Array, focal_px: float = FOCAL_PX) -> list[TwoViewGeometry]:
    return two_view_hypotheses(first, second, np.ones(len(first)), focal_px, np.eye(3), OPTIONS)


def test_turn_is_found_among_walkers() -> None:
    rng = np.random.default_rng(0)
    first, R = scattered_px(rng, COUNT), so3_exp(np.array([0.05, -0.2, 0.1]))
    second = project(first, np.zeros(COUNT), np.block([[R, np.zeros((3, 1))], [0, 0, 0, 1]]))
    second += 0.3 * rng.normal(size=second.shape)
    second[:75] += [15, 3]
    fit = fit_rotation(first, second, np.ones(COUNT), FOCAL_PX, np.eye(3), OPTIONS)
    assert turn_error_rad(fit.R_camera_reference, R) < 1e-3
    assert np.median(fit.residual_px[75:]) < 0.6
    assert np.median(fit.residual_px[:75]) > 10


def turned(first: Array, turn_rad: float) -> Array:
    T = motion((0.1 * turn_rad, turn_rad, 0.3 * turn_rad), (0, 0, 0))
    return project(first, np.zeros(len(first)), T)


@pytest.mark.parametrize('guess', [0.7, 1.4])
def test_wide_turn_shows_the_focal_length(guess: float) -> None:
    rng = np.random.default_rng(4)
    first = scattered_px(rng, COUNT)
    second = turned(first, 0.3) + 0.3 * rng.normal(size=first.shape)
    second[:75] += [15, 3]
    fit = fit_rotation(first, second, np.ones(COUNT), guess * FOCAL_PX, np.eye(3), OPTIONS,
                       focal_prior=FocalPrior(guess * FOCAL_PX, 44.0), iterations=30)
    assert fit.focal_px == pytest.approx(FOCAL_PX, rel=0.01)


def test_information_of_the_focal_length_is_that_of_its_errors() -> None:
    rng = np.random.default_rng(5)
    first, prior = scattered_px(rng, COUNT), FocalPrior(FOCAL_PX, 1e-3)
    normalised = []
    for turn_rad in (0.1, 0.3):
        exact = turned(first, turn_rad)
        errors, information = [], 0.0
        for _ in range(40):
            second = exact + rng.normal(size=exact.shape)
            fit = fit_rotation(first, second, np.ones(COUNT), FOCAL_PX, np.eye(3), OPTIONS,
                               focal_prior=prior)
            errors.append(np.log(fit.focal_px / FOCAL_PX))
            information = fit.focal_information
        normalised.append(np.mean(np.square(errors)) * information)
    # Robust weights understate the information: on the safe side, within a factor of three.
    assert min(normalised) > 0.3
    assert max(normalised) < 3


def test_information_of_the_turn_is_that_of_its_errors() -> None:
    rng = np.random.default_rng(1)
    first, R = scattered_px(rng, COUNT), so3_exp(np.array([0.0, 0.1, 0.0]))
    exact = project(first, np.zeros(COUNT), np.block([[R, np.zeros((3, 1))], [0, 0, 0, 1]]))
    squared = []
    for _ in range(60):
        second = exact + rng.normal(size=exact.shape)
        fit = fit_rotation(first, second, np.ones(COUNT), FOCAL_PX, R, OPTIONS)
        error = so3_log(fit.R_camera_reference @ R.T)
        squared.append(error @ fit.information @ error)
    # Robust weights understate the information: on the safe side, within a factor of three.
    assert 1 < np.mean(squared) < 4


@pytest.mark.parametrize('step', STEPS)
def test_geometry_of_a_deep_scene(step: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(2)
    first, depth = scattered_px(rng, COUNT), rng.uniform(0.03, 0.2, COUNT)
    T = motion((0.02, -0.04, 0.03), step)
    second = project(first, depth, T) + 0.2 * rng.normal(size=(COUNT, 2))
    wrong = rng.random(COUNT) < 0.2
    second[wrong] += rng.uniform(-40, 40, (wrong.sum(), 2))
    best = hypotheses(first, second)[0]
    assert np.linalg.norm(best.T_camera_reference[:3, 3]) == pytest.approx(1)
    assert turn_error_rad(best.T_camera_reference[:3, :3], T[:3, :3]) < 0.005
    assert angle_rad(best.T_camera_reference[:3, 3], T[:3, 3]) < 0.05
    assert best.is_inlier[~wrong].mean() > 0.9
    assert best.is_inlier[wrong].mean() < 0.3
    scale = np.linalg.norm(T[:3, 3])
    ratio = best.inverse_depth[~wrong & best.is_inlier] / (
        depth[~wrong & best.is_inlier] * scale)
    assert np.median(ratio) == pytest.approx(1, rel=0.05)


def test_plane_has_two_explanations_and_one_is_true() -> None:
    rng = np.random.default_rng(3)
    first = scattered_px(rng, COUNT)
    normal = np.array([0.3, 0.2, 1.0])
    depth = np.column_stack([first / FOCAL_PX, np.ones(COUNT)]) @ normal / 6
    T = motion((0.0, 0.05, 0.01), (0.8, -0.2, 0.3))
    second = project(first, depth, T) + rng.normal(size=(COUNT, 2))
    found = hypotheses(first, second)
    directions = [angle_rad(geometry.T_camera_reference[:3, 3], T[:3, 3]) for geometry in found]
    assert len(found) >= 2
    assert min(directions) < 0.1
    assert max(directions) > 0.5
    assert [geometry.cost for geometry in found] == sorted(geometry.cost for geometry in found)


def test_points_all_lie_in_front() -> None:
    rng = np.random.default_rng(4)
    first, depth = scattered_px(rng, COUNT), rng.uniform(0.03, 0.2, COUNT)
    second = project(first, depth, motion((0, 0, 0), (1, 0, 0)))
    found = hypotheses(first, second)
    assert found
    for geometry in found:
        assert (geometry.inverse_depth[geometry.is_inlier] > 0).all()
        assert geometry.T_camera_reference[0, 3] > 0.9    # not the mirrored motion


def test_motion_that_puts_everything_behind_the_camera_is_no_geometry() -> None:
    """The rays of the second view diverge: they meet behind the cameras."""
    rng = np.random.default_rng(5)
    first, depth = scattered_px(rng, COUNT), rng.uniform(-0.2, -0.03, COUNT)
    T = motion((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    second = project(first, depth, T)
    found = hypotheses(first, second)
    assert found
    for geometry in found:
        assert (geometry.inverse_depth[geometry.is_inlier] > 0).all()
        assert geometry.T_camera_reference[0, 3] < -0.9   # the other way round it makes sense


def test_points_that_noise_pushes_past_infinity_count_as_far() -> None:
    rng = np.random.default_rng(9)
    first, depth = scattered_px(rng, COUNT), rng.uniform(0.03, 0.2, COUNT)
    depth[:90] = 0.0
    second = project(first, depth, motion((0, 0, 0), (1, 0, 0)))
    second += 0.3 * rng.normal(size=second.shape)
    best = hypotheses(first, second)[0]
    assert (best.inverse_depth[best.is_inlier] > 0).all()
    assert best.is_inlier[:90].mean() > 0.9
    assert np.median(best.inverse_depth[:90]) < 0.1 * np.median(best.inverse_depth[90:])
    assert best.is_inlier[90:].mean() > 0.95


def test_points_of_weight_zero_are_outliers_whatever_they_hold() -> None:
    rng = np.random.default_rng(6)
    first, depth = scattered_px(rng, COUNT), rng.uniform(0.03, 0.2, COUNT)
    T = motion((0, 0, 0), (1, 0, 0))
    second, weight = project(first, depth, T), np.ones(COUNT)
    second[:40], weight[:40] = np.nan, 0.0
    best = two_view_hypotheses(first, second, weight, FOCAL_PX, np.eye(3), OPTIONS)[0]
    assert not best.is_inlier[:40].any()
    assert best.is_inlier[40:].all()
    assert angle_rad(best.T_camera_reference[:3, 3], T[:3, 3]) < 0.01


@pytest.mark.parametrize('count', [0, 3, 20])
def test_too_few_points_are_no_geometry(count: int) -> None:
    rng = np.random.default_rng(7)
    first = scattered_px(rng, count)
    second = project(first, np.full(count, 0.1), motion((0, 0, 0), (1, 0, 0)))
    assert hypotheses(first, second) == []


def test_chaos_is_no_geometry() -> None:
    rng = np.random.default_rng(8)
    for geometry in hypotheses(scattered_px(rng, COUNT), scattered_px(rng, COUNT)):
        assert geometry.is_inlier.mean() < 0.25
