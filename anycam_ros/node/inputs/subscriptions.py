# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The subscriptions of the node while it is active."""

from collections.abc import Callable
from typing import Any, TYPE_CHECKING

from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]   # as in Humble
from rclpy.node import Node
from rclpy.qos import qos_policy_name_from_kind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

from anycam_ros.node.diagnostics.topic_watch import ExpectedTopic
from anycam_ros.node.inputs.depth_synchroniser import DepthSynchroniser, LONGEST_WAIT_S
from anycam_ros.node.inputs.input_topics import InputTopics
from anycam_ros.node.inputs.observation import Observation, ObservationCollector

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:     # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

if TYPE_CHECKING:
    from rclpy.subscription import Subscription
    from rclpy.timer import Timer


class Subscriptions:
    """Subscribe to images and what belongs to them, and pass the messages to the collector."""

    def __init__(self, node: Node, topics: InputTopics, collector: ObservationCollector) -> None:
        """Subscribe from now on."""
        self._node = node
        self._subscriptions: list[Subscription[Any]] = []
        self._timers: list[Timer] = []
        if topics.depth is None:
            self._subscribe(topics.image, lambda image: collector.put_image(Observation(image)))
        else:
            synchroniser = self._synchroniser(collector)
            self._subscribe(topics.depth, synchroniser.put_depth)
            self._subscribe(topics.image, synchroniser.put_image)
        if topics.speed is not None:
            self._subscribe(topics.speed, collector.put_speed)
        if topics.camera_info is not None:
            self._subscribe(topics.camera_info, collector.put_camera_info)

    def close(self) -> None:
        """Subscribe no longer."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        for timer in self._timers:
            self._node.destroy_timer(timer)

    def _synchroniser(self, collector: ObservationCollector) -> DepthSynchroniser:
        """Return what gives each image its depth before it goes to the collector."""
        synchroniser = DepthSynchroniser(collector.put_image)
        timer = self._node.create_timer(
            LONGEST_WAIT_S, synchroniser.give_up, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._timers.append(timer)
        synchroniser.set_timer(timer)
        return synchroniser

    def _subscribe(self, expected: ExpectedTopic, callback: Callable[[Any], None]) -> None:
        topic = expected.topic
        sensor_data = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._subscriptions.append(self._node.create_subscription(
            expected.message_type, topic, callback, sensor_data,
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=lambda event: self._on_incompatible_qos(topic, event)),
            qos_overriding_options=QoSOverridingOptions.with_default_policies()))

    def _on_incompatible_qos(self, topic: str, event: Any) -> None:  # noqa: ANN401
        """Name a publisher that is left out, which silence shows only where it is the only one."""
        policy = qos_policy_name_from_kind(event.last_policy_kind).lower()
        topic = self._node.resolve_topic_name(topic)
        self._node.get_logger().warning(
            f'a publisher of {topic} has incompatible QoS ({policy}): no messages arrive from it. '
            f'Set qos_overrides.{topic}.subscription.{policy} to what it offers.')
