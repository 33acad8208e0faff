# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion of a base that stays on a plane: x, y and yaw, the rest 0."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import so3_exp
from anycam_ros.node.outputs.transforms import Motion

Array = NDArray[np.float64]

PLANE = (0, 1, 5)           # x, y, yaw among x, y, z, roll, pitch, yaw
HELD = (2, 3, 4)
HELD_VARIANCE = 1e-6
"""Of what the plane holds at 0, in m^2 and rad^2, and the same per second: known to a millimetre.

robot_localization puts the same number there in its own two_d_mode. It cannot be 0, since filters
invert the covariance, nor large, since a plane is knowledge and not the lack of it.
"""
LEAST_HORIZONTAL = 0.1
"""Of the x axis: where a base is tilted by more than 84 degrees, its heading is undefined."""


def in_plane(motion: Motion) -> Motion:
    """Return the motion seen from above: x, y, heading and their rates, the rest 0.

    The heading is that of the x axis of the source (the yaw of roll, pitch and yaw). The velocity
    is turned into the axes of the levelled source, so that it is the derivative of the pose.
    """
    R = motion.T_target_source[:3, :3]
    forward_x, forward_y = R[0, 0], R[1, 0]
    T = np.eye(4)
    T[:3, :3] = so3_exp(np.array([0.0, 0.0, np.arctan2(forward_y, forward_x)]))
    T[:2, 3] = motion.T_target_source[:2, 3]
    from_above = _from_above(R)
    levelled = np.eye(3)
    levelled[:2, :2] = T[:2, :2].T
    of_twist = levelled @ from_above @ np.kron(np.eye(2), R)
    twist = np.zeros(6)
    twist[list(PLANE)] = of_twist @ motion.twist
    return Motion(T, _held(from_above @ motion.pose_covariance @ from_above.T), twist,
                  _held(of_twist @ motion.twist_covariance @ of_twist.T))


def _from_above(R: Array) -> Array:
    """Return what (3, 6) takes small changes of the pose, in fixed axes, to those of the plane."""
    forward = R[:, 0]
    horizontal = max(forward[0]**2 + forward[1]**2, LEAST_HORIZONTAL**2)
    jacobian = np.zeros((3, 6))
    jacobian[0, 0] = jacobian[1, 1] = jacobian[2, 5] = 1.0
    jacobian[2, 3:5] = -forward[2] * forward[:2] / horizontal
    return jacobian


def _held(covariance: Array) -> Array:
    """Return the (3, 3) of the plane within the (6, 6) of nav_msgs."""
    full = np.zeros((6, 6))
    full[np.ix_(PLANE, PLANE)] = covariance
    full[HELD, HELD] = HELD_VARIANCE
    return full
