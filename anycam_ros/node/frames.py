# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames of the published odometry: odom, and the camera or the base that carries it."""

import numpy as np
from numpy.typing import NDArray
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header
from tf2_ros import Buffer, TransformException, TransformListener

from anycam_ros.errors import AnyCamError
from anycam_ros.geometry.se3 import inverse, T_BODY_OPTICAL
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.transforms import (
    carried_over,
    matrix_from_transform,
    Motion,
    PoseGuess,
)
from anycam_ros.odometry import OdometryEstimate


class MissingTransformError(AnyCamError):
    """TF does not connect base_frame and camera at the stamp of an image."""


class Frames:
    """Express estimates in the frames that the configuration asks for."""

    def __init__(self, node: Node, config: NodeConfig) -> None:
        """Listen to TF where there is a base frame."""
        self.config = config
        self._T_odom_start: NDArray[np.float64] | None = None
        if config.base_frame:
            self._buffer = Buffer(node=node)
            self._listener = TransformListener(self._buffer, node)

    def child_frame(self, header: Header) -> str:
        """Return the frame whose pose is published."""
        return self.config.base_frame or str(header.frame_id)

    def motion(self, header: Header, estimate: OdometryEstimate) -> Motion:
        """Return the motion of the child frame in odom at the stamp of the header.

        Without a base frame, odom has body axes as the camera's first view had them; with one,
        odom is where the base was then. A camera that moves against its base (pan-tilt) gives
        the base the right pose, but the velocity that it would have if fixed to the camera.
        Raises MissingTransformError.
        """
        camera = Motion(estimate.T_odom_camera, estimate.pose_covariance, estimate.twist,
                        estimate.twist_covariance)
        if self.child_frame(header) == header.frame_id:
            return camera
        T_base_camera = self._T_base_camera(header)
        return carried_over(self._start(T_base_camera), camera, inverse(T_base_camera))

    def camera_pose(self, header: Header, guess: PoseGuess) -> PoseGuess:
        """Return the camera in the odometry's own fixed frame for a child frame in odom.

        Raises MissingTransformError.
        """
        if self.child_frame(header) == header.frame_id:
            return guess
        T_base_camera = self._T_base_camera(header)
        base = Motion(guess.T_target_source, guess.covariance, np.zeros(6), np.zeros((6, 6)))
        camera = carried_over(inverse(self._start(T_base_camera)), base, T_base_camera)
        return PoseGuess(camera.T_target_source, camera.pose_covariance)

    def close(self) -> None:
        """Listen to TF no more."""
        if self.config.base_frame:
            self._listener.unregister()

    def _start(self, T_base_camera: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return odom from the odometry's own fixed frame, as it was when first asked for."""
        if self._T_odom_start is None:
            self._T_odom_start = T_base_camera @ inverse(T_BODY_OPTICAL)
        return self._T_odom_start

    def _T_base_camera(self, header: Header) -> NDArray[np.float64]:  # noqa: N802
        base, camera = self.config.base_frame, header.frame_id
        # Waiting helps where the transform comes late, not where there is none at all.
        connected = self._buffer.can_transform(base, camera, Time())
        wait_s = self.config.wait_for_transform_s if connected else 0.0
        try:
            found = self._buffer.lookup_transform(
                base, camera, Time.from_msg(header.stamp), Duration(seconds=wait_s))
        except TransformException as error:
            raise MissingTransformError(
                f'no transform from {base!r} to {camera!r} at the stamp of the image ({error}); '
                'nothing is published. Start robot_state_publisher or a '
                'static_transform_publisher for it, or leave base_frame empty.') from error
        return matrix_from_transform(found.transform)
