# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pose, velocity and covariance of one part of a moving body from those of another."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from std_msgs.msg import Header

from anycam_ros.geometry.se3 import from_rotation_translation, so3_exp
from anycam_ros.node.outputs.transforms import (
    matrix_from_numbers,
    matrix_from_transform,
    Motion,
    odom_transform,
    pose_from_matrix,
    transform_from_pose,
    transformed,
)

Array = NDArray[np.float64]
SAMPLES = 200_000


def transform(*values: float) -> Array:
    """Return (4, 4) from a translation and a rotation vector."""
    return from_rotation_translation(so3_exp(np.array(values[3:])),
                                     np.array(values[:3]))


T_NEW_TARGET = transform(1.0, -2.0, 0.5, 0.3, -0.8, 1.9)
T_TARGET_SOURCE = transform(0.4, 3.0, -1.0, -1.2, 0.4, 0.7)
T_SOURCE_PART = transform(0.8, -0.3, 0.6, 0.5, 1.1, -0.9)


def covariance(seed: int) -> Array:
    root = np.random.default_rng(seed).normal(size=(6, 6))
    return np.asarray(1e-6 * (root @ root.T))


def test_pose_is_that_of_the_part() -> None:
    motion = Motion(T_TARGET_SOURCE, covariance(0), np.ones(6), covariance(1))
    propagated = transformed(T_NEW_TARGET, motion, T_SOURCE_PART)
    np.testing.assert_allclose(propagated.T_target_source,
                               T_NEW_TARGET @ T_TARGET_SOURCE @ T_SOURCE_PART)


def test_pose_covariance_is_that_of_sampled_poses() -> None:
    """Perturb the pose about fixed axes, carry each sample over, and measure the spread."""
    rng = np.random.default_rng(2)
    motion = Motion(T_TARGET_SOURCE, covariance(0), np.zeros(6), covariance(1))
    expected = transformed(T_NEW_TARGET, motion, T_SOURCE_PART).pose_covariance
    errors = rng.multivariate_normal(np.zeros(6), motion.pose_covariance, SAMPLES)
    turned = Rotation.from_rotvec(errors[:, 3:]).as_matrix() @ T_TARGET_SOURCE[:3, :3]
    moved = T_TARGET_SOURCE[:3, 3] + errors[:, :3]
    positions = (turned @ T_SOURCE_PART[:3, 3] + moved) @ T_NEW_TARGET[:3, :3].T
    rotations = T_NEW_TARGET[:3, :3] @ turned @ T_SOURCE_PART[:3, :3]
    mean = T_NEW_TARGET[:3, :3] @ T_TARGET_SOURCE[:3, :3] @ T_SOURCE_PART[:3, :3]
    vectors = Rotation.from_matrix(rotations @ mean.T).as_rotvec()
    measured = np.cov(np.hstack((positions, vectors)).T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(measured / scale, expected / scale, atol=0.02)


def test_velocity_is_that_of_the_part() -> None:
    """Move the body for a moment and differentiate the part's pose."""
    twist = np.array([0.3, -0.2, 0.5, 0.7, -0.4, 0.2])
    moment_s = 1e-6
    motion = Motion(T_TARGET_SOURCE, covariance(0), twist, covariance(1))
    later = T_TARGET_SOURCE @ transform(*(twist * moment_s))
    part, part_later = (pose @ T_SOURCE_PART for pose in (T_TARGET_SOURCE, later))
    step = np.linalg.inv(part) @ part_later
    measured = np.concatenate((step[:3, 3], Rotation.from_matrix(step[:3, :3]).as_rotvec()))
    propagated = transformed(T_NEW_TARGET, motion, T_SOURCE_PART)
    np.testing.assert_allclose(propagated.twist, measured / moment_s, atol=1e-5)


def test_velocity_covariance_is_that_of_sampled_velocities() -> None:
    rng = np.random.default_rng(3)
    motion = Motion(T_TARGET_SOURCE, covariance(0), np.zeros(6), covariance(1))
    expected = transformed(T_NEW_TARGET, motion, T_SOURCE_PART).twist_covariance
    samples = rng.multivariate_normal(np.zeros(6), motion.twist_covariance, SAMPLES)
    turn = T_SOURCE_PART[:3, :3].T
    linear = (samples[:, :3] + np.cross(samples[:, 3:], T_SOURCE_PART[:3, 3])) @ turn.T
    measured = np.cov(np.hstack((linear, samples[:, 3:] @ turn.T)).T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(measured / scale, expected / scale, atol=0.02)


def test_messages_hold_the_same_transform() -> None:
    message = transform_from_pose(pose_from_matrix(T_TARGET_SOURCE))
    np.testing.assert_allclose(matrix_from_transform(message), T_TARGET_SOURCE, atol=1e-12)


def test_angles_turn_about_fixed_axes() -> None:
    matrix = matrix_from_numbers(1.0, 2.0, 3.0, 0.3, -0.4, 2.0)
    np.testing.assert_allclose(matrix[:3, 3], (1.0, 2.0, 3.0))
    expected = Rotation.from_euler('xyz', (0.3, -0.4, 2.0)).as_matrix()
    np.testing.assert_allclose(matrix[:3, :3], expected, atol=1e-12)


def test_inverted_transform_has_odom_as_the_child() -> None:
    in_odom = Header(frame_id='odom')
    in_odom.stamp.sec = 3
    forth, back = (odom_transform(in_odom, 'base', T_TARGET_SOURCE, inverted=inverted)
                   for inverted in (False, True))
    assert (forth.header.frame_id, forth.child_frame_id) == ('odom', 'base')
    assert (back.header.frame_id, back.child_frame_id) == ('base', 'odom')
    assert forth.header.stamp == back.header.stamp == in_odom.stamp
    product = matrix_from_transform(forth.transform) @ matrix_from_transform(back.transform)
    np.testing.assert_allclose(product, np.eye(4), atol=1e-12)
