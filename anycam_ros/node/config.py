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
    """Configure what the node subscribes to and in which frames it publishes."""

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
    initial_pose: tuple[float, ...] = option(
        (0.0,) * 6, 'Where the published frame is in odom_frame at the start and after ~/reset: '
        "x, y, z, roll, pitch, yaw. Without base_frame this places the camera's body axes "
        '(x forward, y left, z up).', words='6 numbers, in m and rad')
    two_d_mode: bool = option(
        False, 'Keep base_frame on a plane: pose, TF, path and twist hold x, y and yaw, the rest '
        'is 0 with a variance of 1e-6. For robots on flat floors; needs base_frame.')
    publish_tf: bool = option(
        True, 'Broadcast the transform from odom_frame to the published frame.')
    invert_odom_tf: bool = option(
        False, 'Broadcast that transform the other way round, with odom_frame as the child, for '
        'a robot whose base already has a parent. Then odom_frame must be a name of its own, '
        'such as odom_anycam.')
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
        self._check_plane()

    def _check_plane(self) -> None:
        if not self.two_d_mode:
            return
        if not self.base_frame:
            raise ConfigError('two_d_mode is true, but base_frame is empty; the optical axes of '
                              'a camera have no heading. Set base_frame, such as base_link.')
        if any(self.initial_pose[2:5]):
            raise ConfigError(
                f'two_d_mode is true, but initial_pose is {list(self.initial_pose)}; its z, roll '
                'and pitch must be 0 then.')
