# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose in odom: motions chained one to the other, with what is not known of them."""

import numpy as np

from anycam_ros.frontend.motion_estimate import LOST_VARIANCE, MotionEstimate
from anycam_ros.geometry.se3 import Array, skew
from anycam_ros.odometry.scale_error import scale_covariance


class PoseIntegrator:
    """Follow the camera in odom; covariances (6, 6) as nav_msgs has them, in the axes of odom."""

    def __init__(self, T_odom_camera: Array, covariance: Array) -> None:
        """Start at a pose that is known so well."""
        self.T_odom_camera = T_odom_camera.copy()
        self._covariance = covariance.copy()
        self._start = T_odom_camera[:3, 3].copy()

    @property
    def displacement(self) -> Array:
        """Return how far (3,) the camera is from the start."""
        return np.asarray(self.T_odom_camera[:3, 3] - self._start)

    def covariance(self, scale_std: float) -> Array:
        """Return that of the pose, where the way from the start is in a unit known so well."""
        return np.asarray(
            self._covariance + scale_covariance(self.displacement, scale_std))

    def move(self, motion: MotionEstimate) -> None:
        """Append a motion."""
        before = self.T_odom_camera[:3, 3]
        self.T_odom_camera = self.T_odom_camera @ motion.T_previous_camera
        # An error of the heading so far turns the step made now.
        chain = np.eye(6)
        chain[:3, 3:] = -skew(self.T_odom_camera[:3, 3] - before)
        rotation = np.kron(np.eye(2), self.T_odom_camera[:3, :3])
        covariance = chain @ self._covariance @ chain.T + rotation @ motion.covariance @ rotation.T
        self._covariance = 0.5 * (covariance + covariance.T)

    def lose_sight(self) -> None:
        """Append a motion that nobody saw."""
        self._covariance = self._covariance + LOST_VARIANCE * np.eye(6)
