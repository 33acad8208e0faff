# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Odometry that goes on from its last pose where the stream of images starts anew."""

from dataclasses import replace

import numpy as np

from anycam_ros.geometry.se3 import inverse, skew, T_BODY_OPTICAL
from anycam_ros.node.transforms import carried_over, Motion
from anycam_ros.odometry import Frame, OdometryEstimate, VisualOdometry

CLOCK_JUMP_S = 1.0


class ContinuedOdometry:
    """Restart VisualOdometry for another image size or a clock set back, keeping the pose."""

    def __init__(self, odometry: VisualOdometry) -> None:
        """Wrap the odometry, which has seen no frame yet."""
        self._odometry = odometry
        self._newest: Frame | None = None
        self._before: Motion | None = None     # where an earlier part of the stream ended
        self._now: Motion | None = None

    def restart_reason(self, frame: Frame) -> str:
        """Return why the odometry cannot go on with this frame; empty when it can."""
        newest = self._newest
        if newest is None:
            return ''
        if (frame.width, frame.height) != (newest.width, newest.height):
            return (f'the image size changed from {newest.width}x{newest.height} to '
                    f'{frame.width}x{frame.height}')
        if newest.stamp_s - frame.stamp_s > CLOCK_JUMP_S:
            return f'the stamps jumped back by {newest.stamp_s - frame.stamp_s:.3f} s'
        return ''

    def process(self, frame: Frame) -> OdometryEstimate | None:
        """Return the estimate for the frame; None for the first one of each part.

        Raises FrameError for a frame that is refused; the state stays as it was.
        """
        if self.restart_reason(frame):
            self._odometry.reset()
            self._before = self._now
        estimate = self._odometry.process(frame)
        self._newest = frame
        if estimate is None:
            return None
        if self._before is not None:
            estimate = _continued(self._before, estimate)
        self._now = _camera_motion(estimate)
        return estimate


def _camera_motion(estimate: OdometryEstimate) -> Motion:
    return Motion(estimate.T_odom_camera, estimate.pose_covariance, estimate.twist,
                  estimate.twist_covariance)


def _continued(before: Motion, estimate: OdometryEstimate) -> OdometryEstimate:
    """Append the estimate, which starts at its own origin, to the motion before it."""
    T_odom_start = before.T_target_source @ inverse(T_BODY_OPTICAL)
    motion = carried_over(T_odom_start, _camera_motion(estimate), np.eye(4))
    travelled = motion.T_target_source[:3, 3] - T_odom_start[:3, 3]
    from_before = np.eye(6)
    from_before[:3, 3:] = -skew(travelled)
    covariance = motion.pose_covariance + from_before @ before.pose_covariance @ from_before.T
    return replace(estimate, T_odom_camera=motion.T_target_source, pose_covariance=covariance)
