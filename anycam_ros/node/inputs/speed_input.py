# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speeds for the odometry: handed over before each image, and missed where none come."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from anycam_ros.errors import SpeedError
from anycam_ros.messages.speed import speed_from_odometry
from anycam_ros.node.diagnostics.status import Throttle
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S
from anycam_ros.odometry import VisualOdometry

if TYPE_CHECKING:
    from nav_msgs.msg import Odometry

MOST_WAITING = 2000              # between two images, which may be seconds apart


class SpeedInput:
    """Take in odometry messages on one thread, and hand their speeds over on another."""

    def __init__(self, why_silent: Callable[[], str], warn: Callable[[str], None]) -> None:
        """Take what tells why no message arrives at all."""
        self._why_silent, self._warn = why_silent, warn
        self._throttle = Throttle()
        self._waiting: deque[Odometry] = deque(maxlen=MOST_WAITING)
        self._newest_s: float | None = None

    def put(self, message: 'Odometry') -> None:
        """Take in a message."""
        self._waiting.append(message)

    def hand_over(self, odometry: VisualOdometry, image_stamp_s: float) -> None:
        """Give the odometry what came since the image before; warn where nothing fits this one."""
        while self._waiting:
            try:
                speed = speed_from_odometry(self._waiting.popleft())
            except SpeedError as error:
                self._warn(f'speed refused: {error}')
                continue
            odometry.add_speed(speed)
            self._newest_s = speed.stamp_s
        # Finding out why takes time.
        lag_s = None if self._newest_s is None else image_stamp_s - self._newest_s
        if (lag_s is None or abs(lag_s) > SILENCE_S) and self._throttle.lets_through('missed'):
            self._warn(f'image without speed: {self._why_missed(lag_s)}')

    def _why_missed(self, lag_s: float | None) -> str:
        if lag_s is None:
            return self._why_silent()
        return (f'the newest speed is {abs(lag_s):.3f} s {"older" if lag_s > 0 else "newer"}; '
                'speed has stopped, or its stamps come from another clock.')
