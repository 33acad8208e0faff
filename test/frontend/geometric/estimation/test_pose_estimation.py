# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose of a frame: found among outliers, at the true minimum, with honest information."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import least_squares
from simulated_views import angle_rad, FOCAL_PX, motion, project, scattered_px

from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points, PoseFit
from anycam_ros.geometry.se3 import Array, inverse, so3_exp, so3_log

COUNT = 200
T_TRUE = motion((0.03, -0.05, 0.02), (0.2, -0.1, 0.15))
LEAST_SQUARES = {'delta_px': 1e4, 'heavy_tailed': False}


class Setting(NamedTuple):
    """Hold points without error, of several anchors, and their pose."""

    points: Points
    T: Array


def setting(information: float, seed: int = 0) -> Setting:
    rng = np.random.default_rng(seed)
    points_px, depth = scattered_px(rng, COUNT), rng.uniform(0.15, 1.0, COUNT)
    T_anchor_world = motion((0.0, 0.02, 0.0), (0.1, 0.0, -0.05))
    is_second = np.arange(COUNT) % 2 == 1
    T_world_anchor = np.where(is_second[:, None, None], inverse(T_anchor_world), np.eye(4))
    rays = np.column_stack([points_px / FOCAL_PX, np.ones(COUNT)])
    seen = np.array([project(points_px[i:i + 1], depth[i:i + 1], T_TRUE @ T_world_anchor[i])[0]
                     for i in range(COUNT)])
    ray = np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], rays)
    return Setting(Points(ray, np.ascontiguousarray(T_world_anchor[:, :3, 3]), depth,
                          np.full(COUNT, information), seen, np.ones(COUNT)), T_TRUE)


def noisy(points: Points, rng: np.random.Generator, std_px: float = 1.0) -> Points:
    """Return the points with errors in the image and, as informed, in their depths."""
    depth_noise = std_px * rng.normal(size=COUNT) / np.sqrt(points.information)
    return points._replace(
        observed_px=points.observed_px + std_px * rng.normal(size=(COUNT, 2)),
        inverse_depth=points.inverse_depth + depth_noise)


def moved(T: Array, twist: Array) -> Array:
    """Return the pose after a left perturbation (linear, angular)."""
    out = np.eye(4)
    R = so3_exp(np.ascontiguousarray(twist[3:]))
    out[:3, :3], out[:3, 3] = R @ T[:3, :3], R @ T[:3, 3] + twist[:3]
    return out


def perturbation(T: Array, T_true: Array) -> Array:
    """Return the left perturbation that leads from the true pose to T."""
    R = T[:3, :3] @ T_true[:3, :3].T
    return np.concatenate([T[:3, 3] - R @ T_true[:3, 3], so3_log(R)])


def cost(points: Points, T: Array, **kernel: float) -> float:
    return fit_pose(points, FOCAL_PX, T, **(kernel or LEAST_SQUARES), iterations=0).cost


def fit(points: Points, start: Array, **kernel: float) -> PoseFit:
    return fit_pose(points, FOCAL_PX, start, **(kernel or LEAST_SQUARES), iterations=50)


def test_exact_pose_without_noise() -> None:
    points, T_true = setting(1e4)
    found = fit(points, np.eye(4))
    np.testing.assert_allclose(found.T_camera_world, T_true, atol=1e-6)
    assert found.residual_px.max() < 1e-3
    np.testing.assert_allclose(found.inverse_depth, points.inverse_depth, rtol=1e-4)


@pytest.mark.parametrize('heavy_tailed', [False, True])
def test_pose_among_noise_and_outliers(heavy_tailed: bool) -> None:
    rng = np.random.default_rng(1)
    points, T_true = setting(1e4)
    points = noisy(points, rng, 0.5)
    wrong = rng.random(COUNT) < 0.3
    points.observed_px[wrong] += rng.uniform(-60, 60, (wrong.sum(), 2))
    coarse = fit(points, np.eye(4), delta_px=4.0, heavy_tailed=False)
    found = fit(points, coarse.T_camera_world, delta_px=1.0, heavy_tailed=heavy_tailed)
    error = perturbation(found.T_camera_world, T_true)
    assert np.linalg.norm(error[3:]) < 0.003
    assert angle_rad(found.T_camera_world[:3, 3], T_true[:3, 3]) < 0.03
    assert np.median(found.residual_px[~wrong]) < 1
    assert np.median(found.residual_px[wrong]) > 15


def test_points_of_weight_zero_do_not_count_whatever_they_hold() -> None:
    points, T_true = setting(1e4)
    points.weight[:50] = 0.0
    points.observed_px[:50] = np.nan
    np.testing.assert_allclose(fit(points, np.eye(4)).T_camera_world, T_true, atol=1e-6)


def test_minimum_is_that_of_an_independent_solver() -> None:
    """Pose and every depth together, as scipy finds them."""
    rng = np.random.default_rng(2)
    points = noisy(setting(400.0).points, rng)
    root = np.sqrt(points.information)

    def residuals(x: Array) -> Array:
        T = moved(T_TRUE, x[:6])
        seen = points.ray @ T[:3, :3].T + x[6:, None] * (points.centre @ T[:3, :3].T + T[:3, 3])
        error = FOCAL_PX * seen[:, :2] / seen[:, 2:] - points.observed_px
        return np.concatenate([error.ravel(), root * (x[6:] - points.inverse_depth)])

    reference = least_squares(residuals, np.concatenate([np.zeros(6), points.inverse_depth]),
                              method='lm', xtol=1e-12, ftol=1e-12)
    found = fit(points, np.eye(4))
    assert found.cost == pytest.approx(2 * reference.cost, rel=1e-4)
    std = np.sqrt(np.diag(np.linalg.inv(found.information)))
    difference = perturbation(found.T_camera_world, moved(T_TRUE, reference.x[:6]))
    assert (np.abs(difference) < 0.05 * std).all()


def test_information_is_the_curvature_of_the_cost() -> None:
    """Second differences over pose and depths, the depths eliminated: every Jacobian counts."""
    points, T_true = setting(400.0)
    step = np.array([1e-4] * 3 + [1e-4] * 3)

    def at(twist: Array, depth: int | None = None, change: float = 0.0) -> float:
        inverse_depth = points.inverse_depth.copy()
        if depth is not None:
            inverse_depth[depth] += change
        # The prior moves along with its depth: what is left is the reprojection's cost.
        return cost(points._replace(inverse_depth=inverse_depth), moved(T_true, twist))

    pose = np.empty((6, 6))
    for a in range(6):
        for b in range(6):
            corners = [sign_a * sign_b * at(sign_a * step * np.eye(6)[a]
                                            + sign_b * step * np.eye(6)[b])
                       for sign_a in (1, -1) for sign_b in (1, -1)]
            pose[a, b] = sum(corners) / (4 * step[a] * step[b])
    reduced = pose / 2
    h = 1e-4
    for i in range(COUNT):
        own = (at(np.zeros(6), i, h) + at(np.zeros(6), i, -h)) / h ** 2 / 2
        mixed = np.array([sum(sign_a * sign_d * at(sign_a * step * row, i, sign_d * h)
                              for sign_a in (1, -1) for sign_d in (1, -1)) / (4 * step[a] * h)
                          for a, row in enumerate(np.eye(6))]) / 2
        reduced -= np.outer(mixed, mixed) / (own + points.information[i])
    information = fit_pose(points, FOCAL_PX, T_true, **LEAST_SQUARES, iterations=0).information
    scale = np.sqrt(np.outer(np.diag(information), np.diag(information)))
    np.testing.assert_allclose(reduced / scale, information / scale, atol=1e-3)


@pytest.mark.parametrize('information', [1e8, 400.0])
def test_errors_are_as_large_as_the_information_says(information: float) -> None:
    """Normalised squared errors over many draws average to the six degrees of freedom."""
    rng = np.random.default_rng(3)
    points, T_true = setting(information)
    squared = []
    for _ in range(150):
        found = fit(noisy(points, rng), T_true)
        error = perturbation(found.T_camera_world, T_true)
        squared.append(error @ found.information @ error)
    assert np.mean(squared) == pytest.approx(6, rel=0.2)   # 3 standard errors are 0.85


def test_known_depths_are_respected_and_unknown_ones_are_free() -> None:
    """All inverse depths are halved: who believes them must have gone twice as far."""
    points, T_true = setting(1e8)
    first_anchor = Points(*(column[::2] for column in points))
    halved = first_anchor._replace(inverse_depth=first_anchor.inverse_depth / 2)
    stiff = fit(halved, T_true)
    np.testing.assert_allclose(stiff.inverse_depth, halved.inverse_depth, rtol=1e-3)
    np.testing.assert_allclose(stiff.T_camera_world[:3, 3], 2 * T_true[:3, 3], rtol=1e-3)
    loose = fit(halved._replace(information=np.full(COUNT // 2, 1e-3)), T_true)
    scale = loose.T_camera_world[0, 3] / T_true[0, 3]
    assert scale == pytest.approx(1, rel=0.1)      # all that the start said of it
    np.testing.assert_allclose(loose.T_camera_world[:3, 3], scale * T_true[:3, 3], rtol=1e-3)
    np.testing.assert_allclose(scale * loose.inverse_depth, first_anchor.inverse_depth, rtol=1e-2)


def test_points_behind_the_camera_cost_but_do_not_pull() -> None:
    points, T_true = setting(1e4)
    points.ray[:20] *= -1
    points.centre[:20] = 0
    found = fit(points, T_true, delta_px=1.0, heavy_tailed=True)
    np.testing.assert_allclose(found.T_camera_world, T_true, atol=1e-4)
    assert (found.residual_px[:20] > 100).all()


def test_rotation_stays_a_rotation_over_a_thousand_steps() -> None:
    """Constant velocity, V = R_t R_t-1^T, multiplies an error threefold with every frame."""
    points, _ = setting(1e4)
    T, T_velocity = T_TRUE, np.eye(4)
    for index in range(1000):
        seen = points._replace(observed_px=points.observed_px + 0.3 * np.sin(index))
        now = fit_pose(seen, FOCAL_PX, T_velocity @ T, 1.0, heavy_tailed=True).T_camera_world
        T_velocity, T = now @ inverse(T), now
    R = T[:3, :3]
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-9)


@pytest.mark.parametrize('unit', [1e-4, 1e4])
def test_unit_of_length_does_not_matter(unit: float) -> None:
    """A fit that bounds depths in the unit of the map stands still in a map of kilometres."""
    points, T = setting(information=1e4)
    points = noisy(points, np.random.default_rng(3), std_px=0.3)
    start = motion((0.0, 0.0, 0.0), (0.15, 0.0, 0.1))
    expected = fit_pose(points, FOCAL_PX, start, 1.0, heavy_tailed=True)
    start[:3, 3] *= unit
    found = fit_pose(points._replace(
        centre=unit * points.centre, inverse_depth=points.inverse_depth / unit,
        information=points.information * unit ** 2), FOCAL_PX, start, 1.0, heavy_tailed=True)
    np.testing.assert_allclose(found.T_camera_world[:3, 3] / unit,
                               expected.T_camera_world[:3, 3], atol=1e-4)
    np.testing.assert_allclose(expected.T_camera_world[:3, 3], T[:3, 3], atol=0.01)
