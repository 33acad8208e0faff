# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scene as topics: static points, moving points and depth."""

from rclpy.node import Node
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header

from anycam_ros.depth.resizing import resized_depth
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.node.conversions import array_to_image
from anycam_ros.node.outputs.cloud_message import cloud_message
from anycam_ros.node.outputs.create_publisher import create_publisher
from anycam_ros.odometry import Frame, OdometryEstimate, VisualOdometry
from anycam_ros.odometry.cloud import frame_cloud


class SceneOutputs:
    """Publish what a frame shows, in the frame of its camera, where someone subscribes to it."""

    def __init__(self, node: Node) -> None:
        """Create the publishers."""
        self._node = node
        self._points = create_publisher(node, PointCloud2, 'points')
        self._dynamic_points = create_publisher(node, PointCloud2, 'points/moving')
        self._depth = create_publisher(node, Image, 'estimated/depth')

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._points, self._dynamic_points, self._depth):
            self._node.destroy_publisher(publisher)

    def publish(self, header: Header, odometry: VisualOdometry, frame: Frame,
                estimate: OdometryEstimate) -> None:
        """Publish the frame that the odometry has processed last; it must not be LOST."""
        wants_moving = self._dynamic_points.get_subscription_count()
        if wants_moving or self._points.get_subscription_count():
            cloud = frame_cloud(odometry, frame, estimate)
            self._points.publish(cloud_message(header, cloud.static))
            self._dynamic_points.publish(cloud_message(header, cloud.dynamic))
        if self._depth.get_subscription_count():
            self._publish_depth(header, odometry, estimate.intrinsics)

    def _publish_depth(self, header: Header, odometry: VisualOdometry, camera: Intrinsics) -> None:
        depth_m = odometry.depth_image()
        if depth_m is None:
            return
        self._depth.publish(array_to_image(header, resized_depth(depth_m, camera), '32FC1'))
