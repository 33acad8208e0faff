# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speeds for the odometry: decoded, with a warning where none fits the image."""

from collections import deque
from typing import TYPE_CHECKING

from anycam_ros.errors import SpeedError
from anycam_ros.messages.speed import speed_from_odometry
from anycam_ros.node.diagnostics.throttled_log import Throttle, ThrottledLog
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S, TopicWatch
from anycam_ros.node.inputs.observation import MOST_SPEEDS
from anycam_ros.odometry import VisualOdometry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nav_msgs.msg import Odometry


class SpeedInput:
    """Keep the speeds of observations until a frame can be processed, then hand them over."""

    def __init__(self, watch: TopicWatch, log: ThrottledLog) -> None:
        """Take the watch that tells why no message arrives at all."""
        self._watch, self._log = watch, log
        self._throttle = Throttle()
        self._waiting: deque[Odometry] = deque(maxlen=MOST_SPEEDS)
        self._newest_s: float | None = None

    def add(self, messages: 'Iterable[Odometry]') -> None:
        """Take in the messages of an observation, whose image may be refused."""
        self._waiting.extend(messages)

    def hand_over(self, odometry: VisualOdometry, image_stamp_s: float) -> None:
        """Give the odometry all that wait; warn where none is near the stamp of the image."""
        while self._waiting:
            try:
                speed = speed_from_odometry(self._waiting.popleft())
            except SpeedError as error:
                self._log.warn(f'speed refused: {error}')
                continue
            odometry.add_speed(speed)
            self._newest_s = speed.stamp_s
        lag_s = None if self._newest_s is None else image_stamp_s - self._newest_s
        # Finding out why takes time.
        if (lag_s is None or abs(lag_s) > SILENCE_S) and self._throttle.admit('missed'):
            self._log.warn(f'image without speed: {self._why_missed(lag_s)}')

    def _why_missed(self, lag_s: float | None) -> str:
        if lag_s is None:
            return self._watch.why_silent()
        return (f'the newest speed is {abs(lag_s):.3f} s {"older" if lag_s > 0 else "newer"}; '
                'speed has stopped, or its stamps come from another clock.')
