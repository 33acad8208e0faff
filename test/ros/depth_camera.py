# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A depth camera beside the images of a peer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from peer import CAMERA_FRAME, header_at, image_message, NANOSECONDS, Peer, PERIOD_NS
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from anycam_ros.msg import Status

Depth = NDArray[np.float32]
RgbdClip = list[tuple[NDArray[np.uint8], Depth]]


class DepthCamera:
    """Publish depth beside the images of a peer."""

    def __init__(self, peer: Peer, message_type: type = Image, topic: str = 'depth') -> None:
        """Create the publisher."""
        self.peer = peer
        self._publisher = peer.node.create_publisher(message_type, topic,
                                                     qos_profile_sensor_data)

    def wait_until_connected(self) -> None:
        """Wait until somebody listens."""
        self.peer.wait_for(lambda: self._publisher.get_subscription_count() > 0, 10,
                           'subscription to depth')

    def publish(self, message: Any) -> None:  # noqa: ANN401
        """Publish a depth image."""
        self._publisher.publish(message)

    def introduce(self, rgbd: RgbdClip) -> Status:
        """Send images with depth until one has found its depth: DDS connects in its own time."""
        for index in range(60):
            stamp_ns = NANOSECONDS + index * PERIOD_NS
            self.publish(metres(stamp_ns, rgbd[0][1]))
            before = self.peer.statuses[-1].frames_without_depth
            status = self.peer.send(image_message(header_at(stamp_ns), rgbd[0][0]))
            if status.frames_without_depth == before:
                return status
        raise AssertionError('no image has found its depth')


def metres(stamp_ns: int, depth_m: Depth, frame_id: str = CAMERA_FRAME) -> Image:
    """Return a depth image of type 32FC1."""
    rows = depth_m.astype(np.float32).view(np.uint8)
    return image_message(header_at(stamp_ns, frame_id), rows, '32FC1', width=depth_m.shape[1])
