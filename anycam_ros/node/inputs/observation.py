# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What arrives for one frame, put together before it crosses to the processing thread."""

from collections import deque
from dataclasses import dataclass, replace

from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from anycam_ros.node.commands import CommandQueue
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue

MOST_SPEEDS = 2000               # between two frames, which may be seconds apart


@dataclass(frozen=True)
class Observation:
    """Hold the messages of one frame, as they were received."""

    image: Image | CompressedImage
    depth: Image | CompressedImage | None = None
    depth_lag_s: float | None = None        # of the newest depth image behind this image
    camera_info: CameraInfo | None = None   # the newest one when the image was handed over
    speeds: tuple[Odometry, ...] = ()       # since the observation before


def keep_speeds(dropped: Observation, newer: Observation) -> Observation:
    """Return the newer observation with the speeds of the one that it replaces."""
    return replace(newer, speeds=(dropped.speeds + newer.speeds)[-MOST_SPEEDS:])


class ObservationCollector:
    """Put each image into the queue together with what has arrived for it.

    Not safe to use from several threads: all calls come from the executor.
    """

    def __init__(self, observations: LatestOnlyQueue[Observation], commands: CommandQueue
                 ) -> None:
        """Start with nothing received; commands tell whether images are wanted."""
        self._observations, self._commands = observations, commands
        self._camera_info: CameraInfo | None = None
        self._speeds: deque[Odometry] = deque(maxlen=MOST_SPEEDS)

    def put_image(self, observation: Observation) -> None:
        """Complete an image, which may have its depth, and hand it over; not while paused."""
        if self._commands.is_paused:
            return
        self._observations.put(replace(
            observation, camera_info=self._camera_info, speeds=tuple(self._speeds)))
        self._speeds.clear()

    def put_camera_info(self, message: CameraInfo) -> None:
        """Use this calibration for the images from now on."""
        self._camera_info = message

    def put_speed(self, message: Odometry) -> None:
        """Keep the speed for the next image."""
        self._speeds.append(message)
