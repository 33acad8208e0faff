# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The direction of translation from the few points that are near."""

import numpy as np
import pytest
from simulated_views import angle_rad, FOCAL_PX, motion, project, scattered_px

from anycam_ros.frontend.geometric.estimation.parallax import (
    ParallaxOptions,
    translation_direction,
)
from anycam_ros.frontend.geometric.estimation.two_view_geometry import (
    two_view_hypotheses,
    TwoViewOptions,
)
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array

COUNT, NEAR = 400, 100
NOISE_PX = 0.2


def far_scene(translation: tuple[float, float, float]) -> tuple[Array, Array, Array]:
    """Return two views of points of which a quarter is near, and the true motion."""
    rng = np.random.default_rng(5)
    first = scattered_px(rng, COUNT)
    inverse_depth = np.full(COUNT, 1e-4)
    inverse_depth[:NEAR] = rng.uniform(0.02, 0.1, NEAR)
    T = motion((0.01, -0.02, 0.005), translation)
    second = project(first, inverse_depth, T) + NOISE_PX * rng.normal(size=(COUNT, 2))
    return first, second, T


@pytest.mark.parametrize('translation', [(1.0, 0.0, 0.0), (0.2, 0.1, 1.0), (0.0, 0.0, -1.0)])
def test_near_points_tell_the_direction_among_far_ones(
        translation: tuple[float, float, float]) -> None:
    first, second, T = far_scene(translation)
    direction, supports = translation_direction(
        rays(first, FOCAL_PX) @ T[:3, :3].T, rays(second, FOCAL_PX), FOCAL_PX, ParallaxOptions())
    assert angle_rad(direction, T[:3, 3]) < 0.1
    assert supports.mean() > 0.9


@pytest.mark.parametrize('translation', [(1.0, 0.0, 0.0), (0.2, 0.1, 1.0)])
def test_far_points_stay_in_the_hypothesis(translation: tuple[float, float, float]) -> None:
    first, second, T = far_scene(translation)
    found = two_view_hypotheses(first, second, np.ones(COUNT), FOCAL_PX, T[:3, :3],
                                TwoViewOptions())
    best = found[0]
    assert angle_rad(best.T_camera_reference[:3, 3], T[:3, 3]) < 0.1
    assert best.is_inlier[NEAR:].mean() > 0.9
    assert np.median(best.inverse_depth[NEAR:]) < 0.2 * np.median(best.inverse_depth[:NEAR])


def test_without_any_parallax_no_hypothesis_comes_back() -> None:
    first, second, T = far_scene((0.0, 0.0, 0.0))
    assert two_view_hypotheses(first, second, np.ones(COUNT), FOCAL_PX, T[:3, :3],
                               TwoViewOptions()) == []
