# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration of the ROS 2 node; importable without ROS."""

from dataclasses import dataclass

from anycam_ros.errors import ConfigError
from anycam_ros.odometry.options import option, validate

CHANGEABLE = ('publish_tf', 'publish_when_lost', 'wait_for_transform_s', 'path_max_size')
"""The fields that may change while the node is configured."""


@dataclass(frozen=True)
class NodeConfig:
    """Configure what the node listens to and in which frames it publishes."""

    autostart: bool = option(
        True, 'Configure and activate the node when it starts. Off: wait for a lifecycle manager, '
        'such as that of Nav2.')
    image_transport: str = option(
        'raw', 'Topic that is subscribed: image (raw) or image/compressed (compressed).',
        choices=('raw', 'compressed'))
    depth_transport: str = option(
        'raw', 'For depth: topic: topic that is subscribed, depth (raw) or depth/compressedDepth '
        '(compressedDepth, PNG).',
        choices=('raw', 'compressedDepth'))
    odom_frame: str = option('odom', 'Fixed frame in which the pose is given.')
    base_frame: str = option(
        '', 'Frame whose pose is published, such as base_link; TF must connect it to the '
        "image's frame_id. Empty: the camera's own optical frame.")
    publish_tf: bool = option(
        True, 'Broadcast the transform from odom_frame to the published frame.')
    publish_when_lost: bool = option(
        False, 'While LOST, go on publishing the last pose, with a covariance that grows. Off: '
        'odom and TF are silent then.')
    wait_for_transform_s: float = option(
        0.1, 'Longest wait for the transform from base_frame to the camera at the stamp of an '
        'image.', minimum=0.0, maximum=2.0, unit='s')
    path_max_size: int = option(
        1000, 'Number of poses kept in path, one each 0.1 s; the oldest go first. 0: no path.',
        minimum=0, maximum=20000, unit='poses')

    def __post_init__(self) -> None:
        """Raise ConfigError for a value outside of its range and for frames that TF refuses."""
        validate(self)
        for name in ('odom_frame', 'base_frame'):
            frame = getattr(self, name)
            if frame.startswith('/') or frame != frame.strip():
                raise ConfigError(f'{name} is {frame!r}; a frame has no leading slash and no '
                                  f'spaces around it. Use {frame.strip().lstrip("/")!r}.')
        if not self.odom_frame or self.odom_frame == self.base_frame:
            raise ConfigError(f'odom_frame is {self.odom_frame!r}; it must not be empty and must '
                              f'differ from base_frame ({self.base_frame!r}).')
