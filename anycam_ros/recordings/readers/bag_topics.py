# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a topic of a bag."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.bag_types import Topic

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'


class ExpectedTopic(NamedTuple):
    """Describe a topic to be found: what it is, the option that names it, and that name."""

    noun: str
    option: str
    name: str | None
    way_out: str   # what to do where there is none

    def among(self, path: Path, candidates: Mapping[str, Topic],
              topics: Mapping[str, Topic]) -> str:
        """Return the topic that was named, or the only candidate.

        Raises SourceError, with a list of the candidates, where there is no such topic.
        """
        listed = '\n'.join(f'  {name}  ({topic.message_type}, '
                           f'{"?" if topic.messages is None else topic.messages} messages)'
                           for name, topic in sorted(candidates.items()))
        if not candidates:
            present = ', '.join(sorted(topics)) or 'none'
            raise SourceError(f'{path} has no {self.noun}; its topics: {present}. {self.way_out}')
        if self.name is not None and self.name not in candidates:
            raise SourceError(f'{path} has no {self.noun} {self.name}; choose with {self.option} '
                              f'one of\n{listed}')
        if self.name is None and len(candidates) > 1:
            raise SourceError(f'{path} has {len(candidates)} {self.noun}s; choose with '
                              f'{self.option} one of\n{listed}')
        return self.name or next(iter(candidates))


def image_topic(name: str | None) -> ExpectedTopic:
    """Return the expected topic with the images of the camera."""
    return ExpectedTopic('image topic', '--topic', name, "Record the camera's topic too.")


def speed_topic(name: str | None) -> ExpectedTopic:
    """Return the expected topic with odometry that holds the speed of the vehicle."""
    return ExpectedTopic('odometry topic', '--scale-topic', name,
                         'Leave out --scale-source topic, or record wheel odometry '
                         '(nav_msgs/Odometry).')


def depth_topic(name: str | None) -> ExpectedTopic:
    """Return the expected topic with depth images."""
    return ExpectedTopic('depth topic', '--depth-topic', name,
                         'Leave out --depth topic, or record depth that is registered to the '
                         'image, as 16UC1 or 32FC1.')
