# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses, velocities and their covariances, transformed from one frame to another."""

from dataclasses import dataclass
import math
from typing import NamedTuple

from geometry_msgs.msg import Pose, Transform, TransformStamped
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header
from tf_transformations import quaternion_from_matrix, quaternion_matrix

from anycam_ros.geometry.se3 import (
    adjoint,
    from_rotation_translation,
    inverse,
    skew,
    so3_exp,
)
from anycam_ros.odometry import OdometryEstimate
from anycam_ros.odometry.scale_error import scale_covariance

Array = NDArray[np.float64]

ANY_UNIT = 10.0      # relative std of metres per unit: a unit may be 0.1 m, or 10 m


@dataclass(frozen=True, eq=False)
class Motion:
    """Hold pose and velocity of a source frame in a target frame, as nav_msgs/Odometry does.

    Covariances have the order linear x y z, angular x y z. An error (d, r) of the pose turns
    (R, t) into (exp(r) R, t + d), both in the axes of the target (REP-103: fixed axes).
    """

    T_target_source: Array      # (4, 4)
    pose_covariance: Array      # (6, 6) in the axes of the target
    twist: Array                # (6,) per second, in the axes of the source
    twist_covariance: Array     # (6, 6)


class PoseGuess(NamedTuple):
    """Hold a pose in a fixed frame and the covariance (6, 6) of it, as Motion does."""

    T_target_source: Array
    covariance: Array


def transformed(T_new_target: Array, motion: Motion, T_source_part: Array) -> Motion:
    """Return the motion of another part of the same rigid body, in another fixed frame.

    Both transforms count as exact. The lever arm between source and part turns uncertainty of
    rotation into uncertainty of position, and rotation into velocity.
    """
    lever = motion.T_target_source[:3, :3] @ T_source_part[:3, 3]
    at_part = np.eye(6)
    at_part[:3, 3:] = -skew(lever)
    turned = np.kron(np.eye(2), T_new_target[:3, :3]) @ at_part
    to_part = adjoint(inverse(T_source_part))
    return Motion(
        T_new_target @ motion.T_target_source @ T_source_part,
        turned @ motion.pose_covariance @ turned.T,
        to_part @ motion.twist,
        to_part @ motion.twist_covariance @ to_part.T)


def matrix_from_numbers(x: float, y: float, z: float, roll: float, pitch: float, yaw: float
                        ) -> Array:
    """Return the (4, 4) matrix of a position and angles about fixed axes, rad (REP-103)."""
    about_x, about_y, about_z = (
        so3_exp(angle * axis)
        for angle, axis in zip((roll, pitch, yaw), np.eye(3), strict=True))
    return from_rotation_translation(about_z @ about_y @ about_x, np.array([x, y, z]))


def odom_transform(in_odom: Header, child_frame: str, T_odom_child: Array, *, inverted: bool
                   ) -> TransformStamped:
    """Return the transform to broadcast; inverted has odom as the child."""
    header, child, matrix = in_odom, child_frame, T_odom_child
    if inverted:
        header = Header(stamp=in_odom.stamp, frame_id=child_frame)
        child, matrix = in_odom.frame_id, inverse(T_odom_child)
    return TransformStamped(header=header, child_frame_id=child,
                            transform=transform_from_pose(pose_from_matrix(matrix)))


def motion_in_metres(estimate: OdometryEstimate) -> Motion:
    """Return the motion of the camera in metres, as messages state it.

    Where the unit is arbitrary, the covariance grows along each length, which as metres may be
    wrong by a factor. Directions, and lengths of 0, stay as certain as they are.
    """
    T = estimate.T_odom_camera
    if math.isfinite(estimate.scale_std):
        return Motion(T, estimate.pose_covariance, estimate.twist, estimate.twist_covariance)
    return Motion(
        T, estimate.pose_covariance + scale_covariance(estimate.displacement, ANY_UNIT),
        estimate.twist, estimate.twist_covariance + scale_covariance(estimate.twist[:3], ANY_UNIT))


def matrix_from_transform(message: Transform) -> Array:
    """Return the (4, 4) matrix of a geometry_msgs/Transform."""
    q, t = message.rotation, message.translation
    matrix: Array = quaternion_matrix((q.x, q.y, q.z, q.w))
    matrix[:3, 3] = t.x, t.y, t.z
    return matrix


def pose_from_matrix(matrix: Array) -> Pose:
    """Return the geometry_msgs/Pose of a (4, 4) matrix."""
    pose = Pose()
    p, q = pose.position, pose.orientation
    p.x, p.y, p.z = matrix[:3, 3].tolist()
    q.x, q.y, q.z, q.w = map(float, quaternion_from_matrix(matrix))
    return pose


def transform_from_pose(pose: Pose) -> Transform:
    """Return the geometry_msgs/Transform of a pose."""
    transform = Transform(rotation=pose.orientation)
    t, p = transform.translation, pose.position
    t.x, t.y, t.z = p.x, p.y, p.z
    return transform
