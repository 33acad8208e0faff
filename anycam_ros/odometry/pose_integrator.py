# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose in odom and its covariance: motions appended one to the other."""

import numpy as np

from anycam_ros.frontend.motion_estimate import LOST_VARIANCE, MotionEstimate
from anycam_ros.geometry.se3 import Array, skew
from anycam_ros.odometry.scale_error import scale_covariance


class PoseIntegrator:
    """Follow the camera in odom; covariances (6, 6) as nav_msgs has them, in the axes of odom."""

    def __init__(self, T_odom_camera: Array, covariance: Array) -> None:
        """Start at a pose whose covariance is given."""
        self.T_odom_camera = T_odom_camera.copy()
        self._covariance = covariance.copy()
        self._start = T_odom_camera[:3, 3].copy()

    @property
    def displacement(self) -> Array:
        """Return how far (3,) the camera is from the start."""
        return np.asarray(self.T_odom_camera[:3, 3] - self._start)

    def covariance(self, scale_std: float) -> Array:
        """Return the covariance of the pose; scale_std is relative, of the unit of its length."""
        return np.asarray(
            self._covariance + scale_covariance(self.displacement, scale_std))

    def append(self, motion: MotionEstimate) -> None:
        """Append a motion."""
        before = self.T_odom_camera[:3, 3]
        self.T_odom_camera = self.T_odom_camera @ motion.T_previous_camera
        # An error of the heading so far turns the step made now.
        chain = np.eye(6)
        chain[:3, 3:] = -skew(self.T_odom_camera[:3, 3] - before)
        rotation = np.kron(np.eye(2), self.T_odom_camera[:3, :3])
        covariance = chain @ self._covariance @ chain.T + rotation @ motion.covariance @ rotation.T
        self._covariance = 0.5 * (covariance + covariance.T)

    def append_unseen_motion(self) -> None:
        """Append a motion of which nothing is known."""
        self._covariance = self._covariance + LOST_VARIANCE * np.eye(6)
