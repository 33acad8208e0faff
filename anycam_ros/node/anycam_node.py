# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node: images in; odometry, TF, intrinsics, masks and status out.

The executor thread only stores the newest image. The worker thread takes it from there, runs the
odometry (whose heavy parts hold no GIL) and publishes: nothing queues up behind a slow frame.
"""

from collections.abc import Callable, Sequence
import signal
import sys
from threading import Event, Thread
from typing import Any, TYPE_CHECKING

from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]   # as in Humble
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import Trigger

from anycam_ros.errors import AnyCamError
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.depth_synchroniser import (
    DepthSynchroniser,
    LONGEST_WAIT_S,
    RgbdImage,
)
from anycam_ros.node.mailbox import Mailbox
from anycam_ros.node.memory import return_images_to_the_system, spare_the_collector
from anycam_ros.node.parameters import (
    declare,
    refuse_or_replace,
    warn_of_unknown,
    withdraw_given,
)
from anycam_ros.node.watchdog import SILENCE_S, Wanted, why_silent
from anycam_ros.node.worker import Worker
from anycam_ros.odometry import OdometryConfig

if TYPE_CHECKING:
    from rclpy.parameter import Parameter
    from rclpy.subscription import Subscription

IMAGE_TOPICS = {'raw': (Image, 'image'), 'compressed': (CompressedImage, 'image/compressed')}
DEPTH_TOPICS = {'raw': (Image, 'depth'),
                'compressedDepth': (CompressedImage, 'depth/compressedDepth')}
SIGNAL_CHECK_S = 0.1


class AnyCamNode(Node):
    """Estimate the motion of one uncalibrated camera."""

    def __init__(self) -> None:
        """Read the parameters; raises ConfigError for a value that is not allowed."""
        super().__init__('anycam', automatically_declare_parameters_from_overrides=True)
        given = withdraw_given(self)
        warn_of_unknown(self, given)
        self._config = declare(self, NodeConfig, given)
        self._odometry_config = declare(self, OdometryConfig, given)
        self._mailbox: Mailbox[RgbdImage] = Mailbox()
        self._worker = Worker(self, self._config, self._odometry_config, self._mailbox)
        self._thread = Thread(target=self._work, name='odometry')
        self.add_on_set_parameters_callback(self._on_parameters)

    def start(self) -> None:
        """Listen to the camera."""
        message_type, topic = IMAGE_TOPICS[self._config.image_transport]
        self._wanted = Wanted(topic)
        with_depth = self._odometry_config.depth == 'topic'
        on_image = self._listen_to_depth() if with_depth else self._on_image
        self._images = self._subscribe(message_type, topic, on_image)
        if self._odometry_config.intrinsics == 'given':
            self._subscribe(CameraInfo, 'camera_info', self._on_camera_info)
        self.create_service(Trigger, '~/reset', self._on_reset)
        self._thread.start()
        self.get_logger().info(f'listening to {self._images.topic_name}')   # for anycam.launch.py

    def warm_up(self) -> None:
        """Compile, or load what was compiled before, so that no image waits for it."""
        self._worker.warm_up()

    def stop(self) -> None:
        """Finish the frame at hand; harmless when repeated."""
        self._mailbox.close()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_working(self) -> bool:
        """Return whether the odometry runs; it stops by itself only on an error."""
        return self._thread.is_alive()

    def _subscribe(self, message_type: type, topic: str, callback: Callable[[Any], None]
                   ) -> 'Subscription[Any]':
        sensor_data = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        return self.create_subscription(
            message_type, topic, callback, sensor_data,
            qos_overriding_options=QoSOverridingOptions.with_default_policies())

    def _listen_to_depth(self) -> Callable[[Image | CompressedImage], None]:
        """Return what takes the images in and gives each its depth."""
        message_type, topic = DEPTH_TOPICS[self._config.depth_transport]
        synchroniser = DepthSynchroniser(self._mailbox.put)
        synchroniser.set_timer(self.create_timer(
            LONGEST_WAIT_S, synchroniser.give_up, clock=Clock(clock_type=ClockType.STEADY_TIME)))
        subscription = self._subscribe(message_type, topic, synchroniser.put_depth)
        wanted = Wanted(topic, 'depth image', 'depth_transport', in_name='depth')
        self._worker.expect_depth(lambda: why_silent(self, subscription, wanted))
        return synchroniser.put_image

    def _on_image(self, message: Image | CompressedImage) -> None:
        self._mailbox.put(RgbdImage(message))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._worker.camera_info = message

    def _on_reset(self, _request: Trigger.Request, response: Trigger.Response
                  ) -> Trigger.Response:
        self._worker.request_reset()
        response.success = True
        response.message = 'the next image is at the origin of odom'
        return response

    def _on_parameters(self, parameters: 'Sequence[Parameter[Any]]') -> SetParametersResult:
        self._config, result = refuse_or_replace(self._config, parameters)
        self._worker.configure(self._config)
        return result

    def _work(self) -> None:
        """Serve the mailbox until it is closed."""
        while not self._mailbox.closed:
            rgbd = self._mailbox.take(timeout_s=SILENCE_S)
            if rgbd is not None:
                self._worker.handle(rgbd)
            elif not self._mailbox.closed:
                self._worker.handle_silence(why_silent(self, self._images, self._wanted))


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return the exit code."""
    return_images_to_the_system()
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = AnyCamNode()
        node.get_logger().info('compiling, or loading what was compiled before ...')
        node.warm_up()
        spare_the_collector()
        return _run(node)
    except AnyCamError as error:
        get_logger('anycam').fatal(str(error))
        return 2
    except KeyboardInterrupt:
        return 0
    finally:
        rclpy.try_shutdown()


def _run(node: AnyCamNode) -> int:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    node.start()
    try:
        while node.is_working and not stop.is_set():
            executor.spin_once(timeout_sec=SIGNAL_CHECK_S)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        node.stop()
        executor.shutdown()
        node.destroy_node()
    return 0 if stop.is_set() else 1


if __name__ == '__main__':
    sys.exit(main())
