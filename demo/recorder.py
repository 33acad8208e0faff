# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Collect what the node publishes."""

from threading import Thread
import time
from typing import Any
import zlib

from nav_msgs.msg import Odometry
import numpy as np
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from anycam_ros.msg import Status
from anycam_ros.recordings.stamps import NANOSECONDS

QUEUE_DEPTH = 100


def stamp_ns(header: Header) -> int:
    """Return the stamp of a header in nanoseconds."""
    return int(header.stamp.sec * NANOSECONDS + header.stamp.nanosec)


class Recorder(Node):
    """Keep, by stamp in nanoseconds, what the node publishes about each image."""

    def __init__(self, namespace: str) -> None:
        super().__init__('recorder', namespace=namespace)
        self.odometry: dict[int, Odometry] = {}
        self.arrived_ns: dict[int, int] = {}
        self.transforms: set[int] = set()
        self.focal_px: dict[int, float] = {}
        self.statuses: dict[int, Status] = {}   # about images; others come while none arrives
        self.heard = False
        self._masks: dict[int, tuple[tuple[int, int], bytes]] = {}
        for message_type, topic, callback in (
                (Odometry, 'odom', self._on_odometry), (TFMessage, '/tf', self._on_transforms),
                (CameraInfo, 'estimated/camera_info', self._on_camera_info),
                (Status, 'status', self._on_status), (Image, 'motion_mask', self._on_mask)):
            self.create_subscription(message_type, topic, callback, QUEUE_DEPTH)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self._thread = Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop to listen."""
        self._executor.shutdown()
        self._thread.join()
        self.destroy_node()

    @property
    def masked_stamps(self) -> list[int]:
        """Return the stamps that a motion mask has come for."""
        return sorted(self._masks)

    def mask(self, stamp: int) -> NDArray[np.uint8]:
        """Return the motion mask (H, W) of the image with this stamp."""
        shape, packed = self._masks[stamp]
        return np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape)

    def _on_odometry(self, message: Odometry) -> None:
        self.arrived_ns[stamp_ns(message.header)] = time.time_ns()
        self.odometry[stamp_ns(message.header)] = message

    def _on_transforms(self, message: TFMessage) -> None:
        self.transforms.update(stamp_ns(transform.header) for transform in message.transforms)

    def _on_camera_info(self, message: CameraInfo) -> None:
        self.focal_px[stamp_ns(message.header)] = float(message.k[0])

    def _on_status(self, message: Any) -> None:  # noqa: ANN401
        self.heard = True
        if message.header.frame_id:
            self.statuses[stamp_ns(message.header)] = message

    def _on_mask(self, message: Image) -> None:
        # A clip's worth of masks as they come would fill the memory.
        packed = zlib.compress(memoryview(message.data), 1)
        self._masks[stamp_ns(message.header)] = ((message.height, message.width), packed)
