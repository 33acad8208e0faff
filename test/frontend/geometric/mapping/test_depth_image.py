# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth at a point is what the image says there, with an honest uncertainty."""

import numpy as np
import pytest

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.frontend.geometric.mapping.depth_image import (
    DepthSamplingOptions,
    sample_depth,
)
from anycam_ros.geometry.se3 import Array

SHAPE = (336, 448)
OPTIONS = DepthSamplingOptions()
NOISE = DepthNoise(0.003, 0.01)
CENTRE: Array = np.array([[200.0, 100.0]])


def plane(depth_m: float, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return np.full(shape, depth_m, np.float32)


@pytest.mark.parametrize('shape', [SHAPE, (480, 640), (168, 224)])
def test_depth_of_any_size_is_looked_up_where_the_working_image_has_the_point(
        shape: tuple[int, int]) -> None:
    columns = np.linspace(1.0, 3.0, shape[1], dtype=np.float32)
    x = np.array([50.0, 224.0, 400.0])
    samples = sample_depth(np.tile(columns, (shape[0], 1)), np.column_stack([x, 0 * x + 99]),
                           SHAPE, NOISE, OPTIONS)
    np.testing.assert_allclose(1 / samples.inverse_depth, 1 + 2 * (x + 0.5) / 448, rtol=0.01)


@pytest.mark.parametrize('depth_m', [0.5, 1.0, 4.0])
def test_depth_error_grows_with_the_square_of_the_depth(depth_m: float) -> None:
    samples = sample_depth(plane(depth_m), CENTRE, SHAPE, DepthNoise(0.003, 0.0), OPTIONS)
    std_m = depth_m ** 2 / np.sqrt(samples.information[0])
    assert std_m == pytest.approx(0.003 * depth_m ** 2, rel=1e-3)


@pytest.mark.parametrize('unknown', [0.0, np.nan, np.inf, -1.0, 1e6])
def test_what_is_no_depth_is_unknown(unknown: float) -> None:
    samples = sample_depth(plane(unknown), CENTRE, SHAPE, NOISE, OPTIONS)
    assert not samples.is_known.any()
    assert (samples.inverse_depth[0], samples.information[0]) == (0.0, 0.0)


def test_few_holes_do_no_harm() -> None:
    depth_m = plane(2.0)
    depth_m[::3, ::2] = np.nan
    samples = sample_depth(depth_m, CENTRE, SHAPE, NOISE, OPTIONS)
    assert samples.inverse_depth[0] == pytest.approx(0.5)


def test_edge_of_depth_is_less_sure_than_what_lies_beside_it() -> None:
    depth_m = plane(2.0)
    depth_m[:, :200] = 1.5
    beside, edge = sample_depth(depth_m, CENTRE - [[20, 0], [0, 0]], SHAPE, NOISE,
                                OPTIONS).information
    assert 0 < edge < 0.1 * beside


def test_steep_edges_and_noise_say_nothing() -> None:
    depth_m = plane(4.0)
    depth_m[:, :200] = 1.0
    assert not sample_depth(depth_m, CENTRE, SHAPE, NOISE, OPTIONS).is_known.any()
    noise = np.random.default_rng(0).uniform(0.5, 5, SHAPE).astype(np.float32)
    everywhere = np.random.default_rng(1).uniform(5, 330, (400, 2))
    assert sample_depth(noise, everywhere, SHAPE, NOISE, OPTIONS).is_known.mean() < 0.02


def test_points_outside_of_the_image_are_unknown() -> None:
    outside = np.array([[-50.0, 10.0], [500.0, 10.0], [10.0, 400.0]])
    assert not sample_depth(plane(1.0), outside, SHAPE, NOISE, OPTIONS).is_known.any()
