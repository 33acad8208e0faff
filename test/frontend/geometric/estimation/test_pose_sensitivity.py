# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the points leave open about a pose: their residuals, and the lens."""

from typing import NamedTuple

import numpy as np
import pytest
from simulated_views import FOCAL_PX, motion, project, scattered_px

from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points, PoseFit
from anycam_ros.frontend.geometric.estimation.pose_sensitivity import (
    LENS_PARAMETERS,
    pose_sensitivity,
)
from anycam_ros.geometry.se3 import Array, inverse, so3_log

COUNT, DELTA_PX = 200, 1.0
T_TRUE = motion((0.03, -0.05, 0.02), (0.2, -0.1, 0.15))
T_ANCHOR_WORLD = motion((0.1, 0.05, 0.0), (0.1, 0.0, -0.05))


class Lens(NamedTuple):
    """Hold what a lens may be: log focal beside FOCAL_PX, k1, principal point (focal lengths)."""

    log_focal: float = 0.0
    k1: float = 0.0
    x: float = 0.0
    y: float = 0.0

    @property
    def focal_px(self) -> float:
        return FOCAL_PX * float(np.exp(self.log_focal))

    def plane(self, pixel: Array) -> Array:
        """Return where on the image plane at distance 1 a pixel (N, 2) lies, to first order."""
        seen = pixel / self.focal_px - np.array([self.x, self.y])
        return np.asarray(seen * (1 - self.k1 * (seen ** 2).sum(axis=1, keepdims=True)))


class Views:
    """Hold points that an anchor camera and another one see, without error."""

    def __init__(self, information: float) -> None:
        rng = np.random.default_rng(0)
        self.anchor_px = scattered_px(rng, COUNT)
        self.depth, self.information = rng.uniform(0.15, 1.0, COUNT), np.full(COUNT, information)
        self.T_world_anchor = inverse(T_ANCHOR_WORLD)
        self.seen_px = project(self.anchor_px, self.depth, T_TRUE @ self.T_world_anchor)
        self.R_world_anchor = np.tile(self.T_world_anchor[:3, :3], (COUNT, 1, 1))

    def points(self, lens: Lens | None = None) -> Points:
        """Return the points as a camera with another lens takes what it sees."""
        lens, (R, centre) = lens or Lens(), (self.T_world_anchor[:3, :3],
                                             self.T_world_anchor[:3, 3])
        direction = np.column_stack([lens.plane(self.anchor_px), np.ones(COUNT)])
        return Points(direction @ R.T, np.tile(centre, (COUNT, 1)), self.depth, self.information,
                      lens.focal_px * lens.plane(self.seen_px), np.ones(COUNT))


def fit(points: Points, focal_px: float = FOCAL_PX) -> PoseFit:
    return fit_pose(points, focal_px, T_TRUE, DELTA_PX, heavy_tailed=True, iterations=50)


def perturbation(T: Array, T_before: Array) -> Array:
    """Return the left perturbation (linear, angular) that leads from one pose to another."""
    R = T[:3, :3] @ T_before[:3, :3].T
    return np.concatenate([T[:3, 3] - R @ T_before[:3, 3], so3_log(R)])


@pytest.mark.parametrize('information', [1e7, 300.0])
@pytest.mark.parametrize('parameter', range(LENS_PARAMETERS))
def test_lens_response_is_how_the_fitted_pose_moves(information: float, parameter: int) -> None:
    views, step = Views(information), 1e-3
    ends = []
    for offset in step * np.eye(LENS_PARAMETERS)[parameter] * np.array([[-1], [1]]):
        lens = Lens(*offset)
        ends.append(fit(views.points(lens), lens.focal_px).T_camera_world)
    moved = perturbation(ends[1], ends[0]) / (2 * step)
    points = views.points()
    response = pose_sensitivity(points, views.R_world_anchor, fit(points), FOCAL_PX,
                                DELTA_PX).lens_response[:, parameter]
    np.testing.assert_allclose(response, moved, atol=0.02 * np.abs(moved).max())


def test_residuals_are_those_of_the_fit_and_what_is_not_seen_has_none() -> None:
    points = Views(1e5).points()
    points.observed_px[:] += np.random.default_rng(1).normal(size=(COUNT, 2))
    points.weight[:20] = 0.0
    found = fit(points)
    residual_px = pose_sensitivity(
        points, Views(1e5).R_world_anchor, found, FOCAL_PX, DELTA_PX).residual_px
    assert np.isnan(residual_px[:20]).all()
    np.testing.assert_allclose(np.linalg.norm(residual_px[20:], axis=1), found.residual_px[20:])
