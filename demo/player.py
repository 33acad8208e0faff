# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Play a recording as a camera would: images at the recorded rate.

The stamps are moved to the present, so that a latency can be read from them. Prints `start`
with the wall time of the first image and the stamp that it has in the recording, both in
nanoseconds, and at the end `published` with the number of images.
"""

import argparse
from array import array
from pathlib import Path
import sys
import time

import numpy as np
from numpy.typing import NDArray
from processes import IMAGE_TOPIC, NAMESPACE
import rclpy
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.readers.open_recording import open_recording
from anycam_ros.recordings.stamps import NANOSECONDS

UNNAMED_CAMERA_FRAME = 'camera_optical'
DISCOVERY_TIMEOUT_S, HEAD_START_NS, DELIVERY_S = 20.0, 200_000_000, 1.0


def main() -> int:
    """Play until the end of the recording; return 0, or 1 where it broke off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('input', type=Path)
    parser.add_argument('--topic')
    parser.add_argument('--fps', type=float)
    parser.add_argument('--seconds', type=float, default=float('inf'))
    options = parser.parse_args()
    source = open_recording(options.input, topic=options.topic, fps=options.fps)
    rclpy.init()
    player = Player()
    player.wait_for_listener()
    try:
        for frame in source:
            if not player.play(frame, options.seconds):
                break
    except SourceError as error:
        sys.stderr.write(f'{error}\n')
        return 1
    finally:
        time.sleep(DELIVERY_S)   # what is still in shared memory goes with its writer
        _say('published', player.published)
        rclpy.try_shutdown()
    return 0


class Player(Node):
    """Publish frames when their time has come."""

    def __init__(self) -> None:
        super().__init__('player', namespace=NAMESPACE)
        self._images = self.create_publisher(Image, IMAGE_TOPIC, qos_profile_sensor_data)
        self._start_ns = self._first_stamp_ns = 0
        self.published = 0

    def wait_for_listener(self) -> None:
        """Wait until somebody subscribes to the images."""
        deadline = time.monotonic() + DISCOVERY_TIMEOUT_S
        while self._images.get_subscription_count() == 0:
            if time.monotonic() > deadline:
                raise SystemExit(f'nobody listens to {self._images.topic_name}')
            time.sleep(0.05)

    def play(self, frame: SourceFrame, seconds: float) -> bool:
        """Publish one frame at its time; return False when the time is up."""
        try:
            image_rgb = frame.load().image_rgb
        except FrameError as error:
            sys.stderr.write(f'{frame.name} is skipped: {error}\n')
            return True
        if self.published == 0:
            self._start_ns = time.time_ns() + HEAD_START_NS
            self._first_stamp_ns = frame.stamp_ns
            _say('start', self._start_ns, frame.stamp_ns)
        passed_ns = frame.stamp_ns - self._first_stamp_ns
        if passed_ns > seconds * NANOSECONDS:
            return False
        message = _message(image_rgb, self._start_ns + passed_ns,
                           frame.frame_id or UNNAMED_CAMERA_FRAME)
        time.sleep(max(0.0, (self._start_ns + passed_ns - time.time_ns()) / NANOSECONDS))
        self._images.publish(message)
        self.published += 1
        return True


def _message(image_rgb: NDArray[np.uint8], stamp_ns: int, frame_id: str) -> Image:
    data = array('B')
    data.frombytes(image_rgb.tobytes())
    message = Image(height=image_rgb.shape[0], width=image_rgb.shape[1], encoding='rgb8',
                    step=3 * image_rgb.shape[1])
    message.data = data
    message.header.frame_id = frame_id
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
    return message


def _say(*words: object) -> None:
    sys.stdout.write(' '.join(str(word) for word in words) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main())
