# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What two_d_mode makes of a motion in space."""

import numpy as np
from numpy.typing import NDArray
import pytest
from scipy.spatial.transform import Rotation

from anycam_ros.geometry.se3 import from_rotation_translation, so3_exp
from anycam_ros.node.outputs.planar import HELD, HELD_VARIANCE, in_plane, PLANE
from anycam_ros.node.outputs.transforms import Motion

Array = NDArray[np.float64]
SAMPLES = 200_000
NO_COVARIANCE = np.zeros((6, 6))


def pose(x: float, y: float, z: float, roll: float, pitch: float, yaw: float) -> Array:
    R = Rotation.from_euler('xyz', (roll, pitch, yaw)).as_matrix()
    return from_rotation_translation(R, np.array([x, y, z]))


def seen_from_above(T: Array) -> Array:
    """Return x, y, yaw of poses (..., 4, 4)."""
    yaw = Rotation.from_matrix(T[..., :3, :3]).as_euler('xyz')[..., 2]
    return np.stack((T[..., 0, 3], T[..., 1, 3], yaw), -1)


TILTED = pose(0.4, -3.0, 0.2, 0.15, -0.3, 2.2)


def covariance(seed: int) -> Array:
    root = np.random.default_rng(seed).normal(size=(6, 6))
    return np.asarray(1e-6 * (root @ root.T))


def test_pose_keeps_x_y_and_heading() -> None:
    planar = in_plane(Motion(TILTED, NO_COVARIANCE, np.zeros(6), NO_COVARIANCE))
    np.testing.assert_allclose(planar.T_target_source, pose(0.4, -3.0, 0, 0, 0, 2.2), atol=1e-12)


def test_velocity_is_the_derivative_of_the_planar_pose() -> None:
    twist = np.array([0.3, -0.2, 0.5, 0.7, -0.4, 0.2])
    moment_s = 1e-6
    later = TILTED @ from_rotation_translation(
        so3_exp(twist[3:] * moment_s), twist[:3] * moment_s)
    planar = in_plane(Motion(TILTED, NO_COVARIANCE, twist, NO_COVARIANCE))
    x, y, yaw_rate = (seen_from_above(later) - seen_from_above(TILTED)) / moment_s
    turn = planar.T_target_source[:2, :2].T
    np.testing.assert_allclose(planar.twist, [*(turn @ (x, y)), 0, 0, 0, yaw_rate], atol=1e-5)


def test_covariance_is_that_of_sampled_poses() -> None:
    """Perturb the pose about fixed axes, look at each sample from above, measure the spread."""
    motion = Motion(TILTED, covariance(0), np.zeros(6), NO_COVARIANCE)
    errors = np.random.default_rng(2).multivariate_normal(
        np.zeros(6), motion.pose_covariance, SAMPLES)
    samples = np.tile(TILTED, (SAMPLES, 1, 1))
    samples[:, :3, :3] = Rotation.from_rotvec(errors[:, 3:]).as_matrix() @ TILTED[:3, :3]
    samples[:, :3, 3] += errors[:, :3]
    measured = np.cov(seen_from_above(samples).T)
    expected = in_plane(motion).pose_covariance[np.ix_(PLANE, PLANE)]
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(measured / scale, expected / scale, atol=0.02)


def test_velocity_covariance_is_that_of_sampled_velocities() -> None:
    motion = Motion(TILTED, NO_COVARIANCE, np.zeros(6), covariance(1))
    samples = np.random.default_rng(3).multivariate_normal(
        np.zeros(6), motion.twist_covariance, 2000)
    measured = np.cov(np.stack([in_plane(
        Motion(TILTED, NO_COVARIANCE, sample, NO_COVARIANCE)).twist for sample in samples]).T)
    expected = in_plane(motion).twist_covariance[np.ix_(PLANE, PLANE)]
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(
        measured[np.ix_(PLANE, PLANE)] / scale, expected / scale, atol=0.1)


def test_what_the_plane_holds_is_known_and_independent() -> None:
    planar = in_plane(Motion(TILTED, covariance(0), np.ones(6), covariance(1)))
    for matrix in (planar.pose_covariance, planar.twist_covariance):
        held = matrix[list(HELD)]
        np.testing.assert_array_equal(held[:, HELD], HELD_VARIANCE * np.eye(3))
        assert not held[:, PLANE].any()
        assert np.linalg.eigvalsh(matrix).min() > 0


@pytest.mark.parametrize('pitch', [np.pi / 2, -1.57, 1.5])
def test_base_that_stands_on_end_gives_numbers_that_are_finite(pitch: float) -> None:
    planar = in_plane(Motion(pose(0, 0, 0, 0, pitch, 0), covariance(0), np.ones(6), covariance(1)))
    for values in (planar.T_target_source, planar.pose_covariance, planar.twist,
                   planar.twist_covariance):
        assert np.isfinite(values).all()
        assert np.abs(values).max() < 1e3
