# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Near to tracks their depth is expected; far from all of them any depth of the scene may be."""

import numpy as np
from simulated_views import HEIGHT, WIDTH

from anycam_ros.frontend.geometric.segmentation.depth_expectation import (
    DepthExpectationOptions,
    ExpectedDepth,
    spread_depths,
)
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import STRIDE

LEFT, RIGHT = 0.5, 0.2      # inverse depths


def halves() -> ExpectedDepth:
    """Return the expectation from tracks at two depths, left and right of a wide gap."""
    row, column = (np.indices((HEIGHT // 16, WIDTH // 16)) * 16 + 8).reshape(2, -1)
    positions = np.stack([column, row], axis=1).astype(np.float64)
    positions = positions[abs(column - WIDTH / 2) > WIDTH / 5]
    depth = np.where(positions[:, 0] < WIDTH / 2, LEFT, RIGHT)
    return spread_depths(positions, depth, (HEIGHT, WIDTH), DepthExpectationOptions())


def test_depth_of_the_tracks_around_is_expected_closely() -> None:
    depth, edge = halves(), WIDTH // 5 // STRIDE
    np.testing.assert_allclose(depth.mean[:, :edge], LEFT, rtol=0.1)
    np.testing.assert_allclose(depth.mean[:, -edge:], RIGHT, rtol=0.1)
    assert depth.std[:, :edge].max() < 0.2 * LEFT


def test_far_from_tracks_depth_is_as_uncertain_as_in_the_scene() -> None:
    depth, middle = halves(), WIDTH // 2 // STRIDE
    assert depth.std[:, middle].min() > LEFT - RIGHT


def test_without_tracks_everything_is_finite() -> None:
    depth = spread_depths(np.zeros((0, 2)), np.zeros(0), (HEIGHT, WIDTH),
                          DepthExpectationOptions())
    assert np.isfinite(depth.mean).all()
    assert np.isfinite(depth.std).all()
