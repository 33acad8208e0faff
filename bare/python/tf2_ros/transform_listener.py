# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fill a buffer from /tf and /tf_static."""

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

from tf2_ros.buffer import Buffer


class TransformListener:
    """Subscribe to transforms; the node must be spun by somebody."""

    def __init__(self, buffer: Buffer, node: Node) -> None:
        """Subscribe in a group of its own, so that a callback can wait for a transform."""
        self.buffer, self.node = buffer, node
        latched = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        group = ReentrantCallbackGroup()
        self.tf_sub = node.create_subscription(
            TFMessage, '/tf', self.callback, QoSProfile(depth=100), callback_group=group)
        self.tf_static_sub = node.create_subscription(
            TFMessage, '/tf_static', self.static_callback, latched, callback_group=group)

    def unregister(self) -> None:
        """Subscribe no more."""
        self.node.destroy_subscription(self.tf_sub)
        self.node.destroy_subscription(self.tf_static_sub)

    def callback(self, data: TFMessage) -> None:
        """Store transforms that change."""
        for transform in data.transforms:
            self.buffer.set_transform(transform, 'default_authority')

    def static_callback(self, data: TFMessage) -> None:
        """Store transforms that stay."""
        for transform in data.transforms:
            self.buffer.set_transform_static(transform, 'default_authority')
