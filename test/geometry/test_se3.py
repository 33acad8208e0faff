# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rotations and rigid motions obey the algebra that everything else relies on."""

import math

from hypothesis import given, settings, strategies
import numpy as np
import pytest
from scipy.linalg import expm

from anycam_ros.geometry.se3 import (
    adjoint,
    Array,
    from_rotation_translation,
    inverse,
    orthonormalised,
    skew,
    so3_exp,
    so3_log,
    T_BODY_OPTICAL,
)

COMPONENT = strategies.floats(-1.8, 1.8)   # the longest vector stays below half a turn
AXES = [np.array(axis) / np.linalg.norm(axis)
        for axis in ([1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, -2, 3], [-1, -1, 1e-3])]
ANGLES_RAD = [0.0, 1e-300, 1e-12, 1e-9, 1e-8, 1e-5, 0.1, 3.0, math.pi - 1e-4]


def some_motion(seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return from_rotation_translation(so3_exp(rng.normal(size=3)),
                                     rng.normal(size=3))


def twist_matrix(twist: Array) -> Array:
    """Return the (4, 4) generator of a twist (linear, angular)."""
    out = np.zeros((4, 4))
    out[:3, :3], out[:3, 3] = skew(twist[3:]), twist[:3]
    return out


@settings(deadline=None)   # the first call compiles
@given(COMPONENT, COMPONENT, COMPONENT)
def test_rotation_is_the_matrix_exponential(x: float, y: float, z: float) -> None:
    vector = np.array([x, y, z])
    R = so3_exp(vector)
    np.testing.assert_allclose(R, expm(skew(vector)), atol=1e-12)
    np.testing.assert_allclose(so3_log(R), vector, atol=1e-8)


@pytest.mark.parametrize('angle_rad', ANGLES_RAD)
@pytest.mark.parametrize('axis', AXES)
def test_vector_comes_back_from_its_rotation(axis: Array, angle_rad: float) -> None:
    vector = angle_rad * axis
    back = so3_log(so3_exp(vector))
    np.testing.assert_allclose(back, vector, rtol=1e-7, atol=1e-15)


@pytest.mark.parametrize('short_of_it_rad', [0.0, 1e-15, 1e-12, 1e-9, 1e-8, 1e-7, 1e-6])
@pytest.mark.parametrize('axis', AXES)
def test_half_turn_has_one_of_its_two_vectors(axis: Array, short_of_it_rad: float) -> None:
    R = so3_exp((math.pi - short_of_it_rad) * axis)
    vector = so3_log(R)
    assert np.linalg.norm(vector) == pytest.approx(math.pi, abs=2e-6)
    np.testing.assert_allclose(so3_exp(vector), R, atol=3e-8)


def test_orthonormalised_removes_a_small_error_to_the_last_digit() -> None:
    rng = np.random.default_rng(3)
    R = so3_exp(rng.normal(size=3))
    repaired = orthonormalised(R + 1e-5 * rng.normal(size=(3, 3)))
    np.testing.assert_allclose(repaired @ repaired.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(repaired) == pytest.approx(1.0, abs=1e-14)
    assert np.abs(repaired - R).max() < 5e-5
    np.testing.assert_allclose(orthonormalised(R), R, atol=1e-15)


def test_inverse_of_one_and_of_many() -> None:
    T = np.stack([some_motion(seed) for seed in range(6)]).reshape(2, 3, 4, 4)
    np.testing.assert_allclose(inverse(T) @ T, np.broadcast_to(np.eye(4), T.shape), atol=1e-14)
    np.testing.assert_array_equal(inverse(T[1, 2]), inverse(T)[1, 2])


def test_adjoint_moves_a_twist_to_the_other_frame() -> None:
    """T exp(twist) = exp(Ad twist) T, checked by central differences."""
    T_a_b, step = some_motion(1), 1e-5
    numeric = np.empty((6, 6))
    for column, twist in enumerate(np.eye(6)):
        ahead, behind = (T_a_b @ expm(sign * step * twist_matrix(twist)) @ inverse(T_a_b)
                         for sign in (1, -1))
        generator = (ahead - behind) / (2 * step)
        numeric[:3, column] = generator[:3, 3]
        numeric[3:, column] = generator[2, 1], generator[0, 2], generator[1, 0]
    np.testing.assert_allclose(adjoint(T_a_b), numeric, atol=1e-9)


def test_adjoints_chain_as_motions_do() -> None:
    a, b = some_motion(1), some_motion(2)
    np.testing.assert_allclose(adjoint(a @ b), adjoint(a) @ adjoint(b), atol=1e-13)


def test_forward_is_x_and_up_is_z_in_body_axes() -> None:
    forward, down = T_BODY_OPTICAL[:3, :3] @ [0, 0, 1], T_BODY_OPTICAL[:3, :3] @ [0, 1, 0]
    np.testing.assert_array_equal(forward, [1, 0, 0])
    np.testing.assert_array_equal(down, [0, 0, -1])
    assert np.linalg.det(T_BODY_OPTICAL) == pytest.approx(1)
