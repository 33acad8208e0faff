# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Jacobians of the reprojection, against differences."""

from collections.abc import Callable
import math

import numpy as np
import pytest

from anycam_ros.geometry.compiled import compiled
from anycam_ros.geometry.inverse_depth import (
    fill_distorted_pose_jacobian,
    fill_pose_jacobian,
    pixel_change,
)
from anycam_ros.geometry.se3 import Array, so3_exp

FOCAL = 380.0
RAY = np.array([0.3, -0.2, 1.0])
INVERSE_DEPTH = 0.4
TURN, T = np.array([0.05, -0.1, 0.2]), np.array([0.4, -0.3, 0.2])


def point_of(perturbation: Array, inverse_depth: float = INVERSE_DEPTH) -> Array:
    """Return the point times its inverse depth, the pose perturbed on its left."""
    R = so3_exp(perturbation[3:])
    return R @ (so3_exp(TURN) @ RAY + inverse_depth * T) + inverse_depth * perturbation[:3]


def pixel_of(point: Array, k1: float = 0.0) -> Array:
    """Return where a point is seen."""
    u = point[:2] / point[2]
    return np.asarray(FOCAL * u * (1 + k1 * u @ u))


def differences(pixel: Callable[[Array], Array], size: int) -> Array:
    """Return the derivative (2, size) at 0 by central differences."""
    step = 1e-6
    return np.stack([(pixel(step * row) - pixel(-step * row)) / (2 * step)
                     for row in np.eye(size)], axis=1)


def test_pose_jacobian_matches_differences() -> None:
    """Of a pinhole camera: linear, then angular."""
    x, y, z = point_of(np.zeros(6))
    J = np.empty((2, 6))
    fill_pose_jacobian(x / z, y / z, FOCAL, FOCAL / z * INVERSE_DEPTH, J)
    np.testing.assert_allclose(J, differences(lambda p: pixel_of(point_of(p)), 6), rtol=1e-6,
                               atol=1e-5)


def test_pixel_change_matches_differences() -> None:
    """A change of the inverse depth moves the point along the translation."""
    x, y, z = point_of(np.zeros(6))
    expected = differences(
        lambda d: pixel_of(point_of(np.zeros(6), INVERSE_DEPTH + float(d[0]))), 1)[:, 0]
    np.testing.assert_allclose(pixel_change(x / z, y / z, FOCAL / z, *T), expected, rtol=1e-6)


@pytest.mark.parametrize('k1', [0.0, -0.2, 0.3])
def test_distorted_pose_jacobian_matches_differences(k1: float) -> None:
    """With radial distortion the lens bends what the pinhole shows."""
    x, y, z = point_of(np.zeros(6))
    u, v = x / z, y / z
    stretch, bend = FOCAL * (1 + k1 * (u * u + v * v)), 2 * FOCAL * k1
    lens = stretch + bend * u * u, bend * u * v, stretch + bend * v * v
    J = np.empty((2, 6))
    fill_distorted_pose_jacobian(u, v, lens, INVERSE_DEPTH / z, J[0], J[1])
    np.testing.assert_allclose(J, differences(lambda p: pixel_of(point_of(p), k1), 6), rtol=1e-6,
                               atol=1e-5)


def test_compiled_code_and_whole_arrays_agree() -> None:
    """The same text serves both, to the last bit."""
    @compiled
    def one(u: float, v: float, J: Array) -> None:
        fill_pose_jacobian(u, v, FOCAL, 50.0, J)

    u, v = np.array([0.1, -0.4]), np.array([math.pi / 10, 0.2])
    together, alone = np.empty((2, 6, 2)), np.empty((2, 6))
    fill_pose_jacobian(u, v, FOCAL, np.full(2, 50.0), together)
    for n in range(2):
        one(u[n], v[n], alone)
        np.testing.assert_array_equal(alone, together[:, :, n])
