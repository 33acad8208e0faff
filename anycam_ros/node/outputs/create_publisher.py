# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishers as every output has them."""

from typing import Any, TYPE_CHECKING

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

if TYPE_CHECKING:
    from rclpy.publisher import Publisher


def create_publisher(node: Node, message_type: type, topic: str) -> 'Publisher[Any]':
    """Return a reliable publisher (REP-2003) whose QoS parameters can override."""
    return node.create_publisher(
        message_type, topic, QoSProfile(depth=10),
        qos_overriding_options=QoSOverridingOptions.with_default_policies())
