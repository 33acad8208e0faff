# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The TF frames of the published odometry: odom, and the camera or the base that carries it."""

from collections.abc import Sequence

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
from anycam_ros.node.outputs.planar import in_plane
from anycam_ros.node.outputs.transforms import (
    matrix_from_numbers,
    matrix_from_transform,
    Motion,
    motion_in_metres,
    PoseGuess,
    transformed,
)
from anycam_ros.odometry import OdometryEstimate, StampedPose

Array = NDArray[np.float64]


class MissingTransformError(AnyCamError):
    """TF does not connect base_frame and camera at the stamp of an image."""


class TfFrames:
    """Express estimates in the frames that the configuration asks for."""

    def __init__(self, node: Node, config: NodeConfig, buffer: Buffer) -> None:
        """Listen to TF, and keep it in the buffer, where there is a base frame."""
        self._config = config
        self._T_odom_start: Array | None = None
        if config.base_frame:
            self._buffer = buffer
            self._listener = TransformListener(buffer, node)

    def reconfigure(self, config: NodeConfig) -> None:
        """Wait for transforms as this configuration says from now on."""
        self._config = config

    def child_frame(self, header: Header) -> str:
        """Return the frame whose pose is published."""
        return self._config.base_frame or str(header.frame_id)

    def motion(self, header: Header, estimate: OdometryEstimate) -> Motion:
        """Return the motion of the child frame in odom at the stamp of the header.

        initial_pose says where in odom the base was at the start, or without a base frame the
        body axes of the camera's first view. A camera that moves against its base (pan-tilt)
        gives the base the right pose, but the velocity that it would have if fixed to the
        camera. Raises MissingTransformError.
        """
        camera = motion_in_metres(estimate)
        T_child_camera = self._T_child_camera(header)
        motion = transformed(self._start(T_child_camera), camera,
                              np.eye(4) if T_child_camera is None else inverse(T_child_camera))
        return in_plane(motion) if self._config.two_d_mode else motion

    def past(self, header: Header, poses: Sequence[StampedPose]) -> list[StampedPose]:
        """Return where the child frame was in odom; the base carries the camera as it does now.

        Raises MissingTransformError.
        """
        T_child_camera = self._T_child_camera(header)
        start = self._start(T_child_camera)
        T_camera_child = np.eye(4) if T_child_camera is None else inverse(T_child_camera)
        return [StampedPose(pose.stamp_s, self._levelled(
            start @ pose.T_odom_camera @ T_camera_child)) for pose in poses]

    def camera_pose(self, header: Header, guess: PoseGuess) -> PoseGuess:
        """Return the camera in the odometry's own fixed frame for a child frame in odom.

        Raises MissingTransformError.
        """
        T_child_camera = self._T_child_camera(header)
        child = Motion(guess.T_target_source, guess.covariance, np.zeros(6), np.zeros((6, 6)))
        camera = transformed(inverse(self._start(T_child_camera)), child,
                              np.eye(4) if T_child_camera is None else T_child_camera)
        return PoseGuess(camera.T_target_source, camera.pose_covariance)

    def forget_start(self) -> None:
        """Have the child frame at initial_pose when the odometry starts next."""
        self._T_odom_start = None

    def close(self) -> None:
        """Unsubscribe from TF."""
        if self._config.base_frame:
            self._listener.unregister()
            self._buffer.clear()

    def _start(self, T_child_camera: Array | None) -> Array:
        """Return odom from the odometry's own fixed frame, as it was when first asked for."""
        if self._T_odom_start is None:
            self._T_odom_start = matrix_from_numbers(*self._config.initial_pose)
            if T_child_camera is not None:
                self._T_odom_start = self._T_odom_start @ T_child_camera @ inverse(T_BODY_OPTICAL)
        return self._T_odom_start

    def _levelled(self, T_odom_child: Array) -> Array:
        if not self._config.two_d_mode:
            return T_odom_child
        unknown = np.zeros((6, 6))
        return in_plane(Motion(T_odom_child, unknown, np.zeros(6), unknown)).T_target_source

    def _T_child_camera(self, header: Header) -> Array | None:  # noqa: N802
        """Return the transform at the stamp; None where the camera's own pose is published."""
        base, camera = self._config.base_frame, header.frame_id
        if base in ('', camera):
            return None
        # Waiting helps where the transform comes late, not where there is none at all.
        connected = self._buffer.can_transform(base, camera, Time())
        wait_s = self._config.wait_for_transform_s if connected else 0.0
        try:
            found = self._buffer.lookup_transform(
                base, camera, Time.from_msg(header.stamp), Duration(seconds=wait_s))
        except TransformException as error:
            raise MissingTransformError(
                f'no transform from {base!r} to {camera!r} at the stamp of the image ({error}); '
                'nothing is published. Start robot_state_publisher or a '
                'static_transform_publisher for it, or leave base_frame empty.') from error
        return matrix_from_transform(found.transform)
