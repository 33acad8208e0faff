# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Each image with the depth of the same time, matched before they reach the queue.

An image waits for its depth while the odometry is still busy with the one before. It never delays
a newer image: when that one comes, it is delivered without depth.
"""

from collections.abc import Callable
from typing import Protocol

from sensor_msgs.msg import CompressedImage, Image

from anycam_ros.depth.stamped_buffer import StampedBuffer
from anycam_ros.node.conversions import stamp_ns
from anycam_ros.node.inputs.observation import Observation

LONGEST_WAIT_S = 0.05
KEPT = 8
SILENCE_NS = 1_000_000_000
"""Depth that has not come for so long is not waited for."""


class Timer(Protocol):
    """Call give_up once, LONGEST_WAIT_S after it was reset."""

    def reset(self) -> None:
        """Start, or start again."""

    def cancel(self) -> None:
        """Stop."""


class DepthSynchroniser:
    """Hold each image back until its depth is there, or is no longer worth the wait.

    Not safe to use from several threads: all calls come from the executor.
    """

    def __init__(self, deliver: Callable[[Observation], None]) -> None:
        """Take what receives the images, each once and in their order."""
        self._deliver = deliver
        self._depths: StampedBuffer[Image | CompressedImage] = StampedBuffer(KEPT)
        self._waiting: Image | CompressedImage | None = None
        self._timer: Timer | None = None

    def set_timer(self, timer: Timer) -> None:
        """Take the timer that ends the waiting."""
        self._timer = timer
        timer.cancel()

    def put_image(self, message: Image | CompressedImage) -> None:
        """Take in an image."""
        self.give_up()
        self._waiting = message
        self._deliver_if_decided(message)
        if self._waiting is not None and self._timer is not None:
            self._timer.reset()

    def put_depth(self, message: Image | CompressedImage) -> None:
        """Take in a depth image."""
        self._depths.add(stamp_ns(message.header), message)
        if self._waiting is not None:
            self._deliver_if_decided(self._waiting)

    def give_up(self) -> None:
        """Deliver an image that waits, with the depth that there is."""
        if self._timer is not None:
            self._timer.cancel()
        message, self._waiting = self._waiting, None
        if message is not None:
            time_ns, newest_ns = stamp_ns(message.header), self._depths.newest_ns
            self._deliver(Observation(
                message, self._depths.nearest(time_ns),
                None if newest_ns is None else 1e-9 * (time_ns - newest_ns)))

    def _deliver_if_decided(self, message: Image | CompressedImage) -> None:
        time_ns, newest_ns = stamp_ns(message.header), self._depths.newest_ns
        has_stopped = newest_ns is not None and newest_ns < time_ns - SILENCE_NS
        if has_stopped or self._depths.reaches(time_ns):
            self.give_up()
