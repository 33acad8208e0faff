# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node listens to while it is active."""

from collections.abc import Callable
from typing import Any, TYPE_CHECKING

from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]   # as in Humble
from rclpy.node import Node
from rclpy.qos import qos_policy_name_from_kind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.clock_watch import ClockWatch
from anycam_ros.node.diagnostics.topic_watch import ExpectedTopic, why_silent
from anycam_ros.node.frame_processor import FrameProcessor
from anycam_ros.node.inputs.depth_synchroniser import DepthSynchroniser, LONGEST_WAIT_S, RgbdImage
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.odometry import OdometryConfig

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:     # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

if TYPE_CHECKING:
    from rclpy.subscription import Subscription
    from rclpy.timer import Timer

IMAGE_TOPICS = {'raw': (Image, 'image'), 'compressed': (CompressedImage, 'image/compressed')}
DEPTH_TOPICS = {'raw': (Image, 'depth'),
                'compressedDepth': (CompressedImage, 'depth/compressedDepth')}


class Subscriptions:
    """Subscribe to camera, depth and calibration; the newest image goes into the mailbox."""

    def __init__(self, node: Node, config: NodeConfig, odometry_config: OdometryConfig,
                 image_queue: LatestOnlyQueue[RgbdImage], processor: FrameProcessor) -> None:
        """Listen from now on."""
        self._node, self._config = node, config
        self._image_queue, self._processor = image_queue, processor
        self._subscriptions: list[Subscription[Any]] = []
        self._timers: list[Timer] = []
        message_type, topic = IMAGE_TOPICS[config.image_transport]
        self._wanted = ExpectedTopic(topic, transports=IMAGE_TOPICS)
        self._clock_watch = ClockWatch(node.get_clock())
        self._is_paused = False
        self._put_image = self._listen_to_depth() if odometry_config.depth == 'topic' \
            else self._put_alone
        self._images = self._subscribe(message_type, topic, self._on_image)
        if odometry_config.scale_source == 'topic':
            self._listen_to_speeds()
        if odometry_config.intrinsics == 'given':
            self._subscribe(CameraInfo, 'camera_info', self._on_camera_info)

    @property
    def image_topic(self) -> str:
        """Return the topic of the images as it was remapped."""
        return str(self._images.topic_name)

    def pause(self, *, paused: bool) -> None:
        """Let images pass unseen, or look at them again."""
        self._is_paused = paused

    def why_silent(self) -> str:
        """Return why no image arrives; callable from any thread."""
        reason = why_silent(self._node, self._images, self._wanted)
        return f'{reason} {self._clock_watch.why_stopped()}'.strip()

    def close(self) -> None:
        """Listen no more."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        for timer in self._timers:
            self._node.destroy_timer(timer)

    def _subscribe(self, message_type: type, topic: str, callback: Callable[[Any], None]
                   ) -> 'Subscription[Any]':
        sensor_data = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        subscription = self._node.create_subscription(
            message_type, topic, callback, sensor_data,
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=lambda event: self._on_incompatible_qos(topic, event)),
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        self._subscriptions.append(subscription)
        return subscription

    def _listen_to_depth(self) -> Callable[[Image | CompressedImage], None]:
        """Return what takes the images in and gives each its depth."""
        message_type, topic = DEPTH_TOPICS[self._config.depth_transport]
        synchroniser = DepthSynchroniser(self._image_queue.put)
        timer = self._node.create_timer(
            LONGEST_WAIT_S, synchroniser.give_up, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._timers.append(timer)
        synchroniser.set_timer(timer)
        subscription = self._subscribe(message_type, topic, synchroniser.put_depth)
        wanted = ExpectedTopic(topic, 'depth image', 'depth_transport', in_name='depth')
        self._processor.expect_depth(lambda: why_silent(self._node, subscription, wanted))
        return synchroniser.put_image

    def _listen_to_speeds(self) -> None:
        wanted = ExpectedTopic('speed', 'odometry message', '', source='what measures the speed')
        speeds = self._processor.expect_speeds(
            lambda: why_silent(self._node, subscription, wanted))
        subscription = self._subscribe(Odometry, 'speed', speeds.put)

    def _on_incompatible_qos(self, topic: str, event: Any) -> None:  # noqa: ANN401
        """Name a publisher that is left out, which silence shows only where it is the only one."""
        policy = qos_policy_name_from_kind(event.last_policy_kind).lower()
        topic = self._node.resolve_topic_name(topic)
        self._node.get_logger().warning(
            f'a publisher of {topic} has incompatible QoS ({policy}): nothing comes from it. Set '
            f'qos_overrides.{topic}.subscription.{policy} to what it offers.')

    def _put_alone(self, message: Image | CompressedImage) -> None:
        self._image_queue.put(RgbdImage(message))

    def _on_image(self, message: Image | CompressedImage) -> None:
        if not self._is_paused:
            self._put_image(message)

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._processor.camera_info = message
