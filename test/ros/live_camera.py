# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera in real time."""

from collections.abc import Iterator, Sequence
from functools import cache
import time

import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer
from sensor_msgs.msg import Image

from anycam_ros.simulation.rendered_scene import RenderedScene


@cache
def messages_to_and_fro(width: int = 640, height: int = 480) -> list[Image]:
    """Return images that a camera sees over and over, so that nothing jumps."""
    scene = RenderedScene(width, height)
    there = [scene.frame(index).image_rgb for index in range(40)]
    return [image_message(header_at(0), rgb) for rgb in there + there[-2:0:-1]]


def stream(peer: Peer, messages: Sequence[Image], rate_hz: float, duration_s: float
           ) -> Iterator[float]:
    """Publish at the rate, stamped with the time; give the seconds so far after each image."""
    start_s = time.monotonic()
    for index in range(int(duration_s * rate_hz)):
        due_s = start_s + index / rate_hz
        time.sleep(max(0.0, due_s - time.monotonic()))
        message = messages[index % len(messages)]
        message.header = header_at(time.time_ns())
        peer.publish(message)
        yield index / rate_hz


def latencies_ms(peer: Peer) -> NDArray[np.float64]:
    """Return how long after its image each odometry message arrived."""
    return 1e3 * np.array([arrived_s - stamp / NANOSECONDS
                           for stamp, arrived_s in peer.arrived_s['odom'].items()])
