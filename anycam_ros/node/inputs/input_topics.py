# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics the node subscribes to, as its configuration says."""

from dataclasses import dataclass

from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.topic_watch import ExpectedTopic
from anycam_ros.odometry import OdometryConfig

IMAGE_TRANSPORTS = {'raw': (Image, 'image'), 'compressed': (CompressedImage, 'image/compressed')}
DEPTH_TRANSPORTS = {'raw': (Image, 'depth'),
                    'compressedDepth': (CompressedImage, 'depth/compressedDepth')}


@dataclass(frozen=True, kw_only=True)
class InputTopics:
    """Hold the topics to subscribe to; None: not needed."""

    image: ExpectedTopic
    depth: ExpectedTopic | None
    camera_info: ExpectedTopic | None
    speed: ExpectedTopic | None


def input_topics(config: NodeConfig, odometry_config: OdometryConfig) -> InputTopics:
    """Return the topics that the configuration asks for."""
    image_type, image_topic = IMAGE_TRANSPORTS[config.image_transport]
    depth_type, depth_topic = DEPTH_TRANSPORTS[config.depth_transport]
    image = ExpectedTopic(image_topic, image_type, 'image', transports=IMAGE_TRANSPORTS,
                          transport_parameter='image_transport')
    depth = ExpectedTopic(depth_topic, depth_type, 'depth image', name_part='depth',
                          transport_parameter='depth_transport')
    camera_info = ExpectedTopic('camera_info', CameraInfo, 'camera_info')
    speed = ExpectedTopic('speed', Odometry, 'odometry message', 'what measures the speed')
    return InputTopics(
        image=image,
        depth=depth if odometry_config.depth == 'topic' else None,
        camera_info=camera_info if odometry_config.intrinsics == 'given' else None,
        speed=speed if odometry_config.scale_source == 'topic' else None)
