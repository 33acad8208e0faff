# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Quaternions agree with the rotations that they come from."""

from hypothesis import given, settings, strategies
import numpy as np
import pytest
import transforms3d

from anycam_ros.geometry.quaternion import quaternion_from_rotation, rotations_from_quaternions
from anycam_ros.geometry.se3 import so3_exp

COMPONENT = strategies.floats(-3.2, 3.2)


@settings(deadline=None)   # the first call compiles
@given(COMPONENT, COMPONENT, COMPONENT)
def test_agrees_with_the_reference_library(x: float, y: float, z: float) -> None:
    rotation = so3_exp(np.array([x, y, z]))
    x, y, z, w = quaternion_from_rotation(rotation)
    assert w >= -1e-12
    assert x * x + y * y + z * z + w * w == pytest.approx(1)
    np.testing.assert_allclose(transforms3d.quaternions.quat2mat([w, x, y, z]), rotation,
                               atol=1e-7)
    quaternion = np.array([x, y, z, w])
    there_and_back, longer = rotations_from_quaternions(np.array([quaternion, 2 * quaternion]))
    np.testing.assert_allclose(there_and_back, rotation, atol=1e-7)
    np.testing.assert_allclose(longer, rotation, atol=1e-7)


@pytest.mark.parametrize('axis', np.eye(3))
def test_half_turn(axis: np.ndarray) -> None:
    quaternion = quaternion_from_rotation(2 * np.outer(axis, axis) - np.eye(3))
    np.testing.assert_allclose(np.abs(quaternion), [*axis, 0], atol=1e-12)
