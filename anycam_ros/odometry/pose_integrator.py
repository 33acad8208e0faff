# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose in odom and its covariance: motions appended one to the other."""

import numpy as np

from anycam_ros.frontend.motion_estimate import LOST_VARIANCE, MotionEstimate, TrackingState
from anycam_ros.geometry.se3 import Array, skew, so3_log
from anycam_ros.odometry.scale_error import scale_covariance

NO_MOTION = 1e-12      # of the entries of a transform, which rounding leaves


class PoseIntegrator:
    """Follow the camera in odom; covariances (6, 6) as nav_msgs has them, in the axes of odom."""

    def __init__(self, T_odom_camera: Array, covariance: Array) -> None:
        """Start at a pose whose covariance is given."""
        self.T_odom_camera = T_odom_camera.copy()
        self._covariance = covariance.copy()
        self._before_rest = self._covariance           # of the pose where the camera came to rest
        self._unexplained_turn_rad2 = 0.0              # squares of turns that may be steps, summed
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
        """Append a motion.

        Frames of a camera at rest are each compared with the image that it came to rest with:
        their errors do not add up.
        """
        is_at_rest = _is_at_rest(motion)
        covariance_before = self._before_rest if is_at_rest else self._covariance
        before = self.T_odom_camera[:3, 3]
        self.T_odom_camera = self.T_odom_camera @ motion.T_previous_camera
        # An error of the heading so far turns the step made now.
        chain = np.eye(6)
        chain[:3, 3:] = -skew(self.T_odom_camera[:3, 3] - before)
        rotation = np.kron(np.eye(2), self.T_odom_camera[:3, :3])
        covariance = chain @ covariance_before @ chain.T \
            + rotation @ motion.covariance @ rotation.T
        self._covariance = 0.5 * (covariance + covariance.T)
        self._explain_turns(motion)
        if not is_at_rest:
            self._before_rest = self._covariance

    def _explain_turns(self, motion: MotionEstimate) -> None:
        """Take away the doubt about turns that are explained; no step has followed them yet."""
        if motion.status == TrackingState.INITIALIZING:
            turn = so3_log(motion.T_previous_camera[:3, :3])
            self._unexplained_turn_rad2 += float(turn @ turn)
        # A pose that was set meanwhile knows of fewer turns than are explained.
        explained = min(motion.explained_turn_rad2, self._unexplained_turn_rad2)
        self._unexplained_turn_rad2 -= explained
        self._covariance[3:, 3:] -= explained * np.eye(3)

    def append_unseen_motion(self) -> None:
        """Append a motion of which nothing is known."""
        self._before_rest = self._covariance = self._covariance + LOST_VARIANCE * np.eye(6)


def _is_at_rest(motion: MotionEstimate) -> bool:
    return motion.status != TrackingState.LOST \
        and float(np.abs(motion.T_previous_camera - np.eye(4)).max()) < NO_MOTION
