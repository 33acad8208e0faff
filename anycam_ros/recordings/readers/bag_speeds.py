# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speeds that a ROS 2 bag holds beside the images."""

from collections.abc import Iterator
from pathlib import Path
import sys

from rosbags.typesys import get_typestore, Stores

from anycam_ros.errors import SourceError, SpeedError
from anycam_ros.messages.speed import speed_from_odometry
from anycam_ros.odometry import Speed
from anycam_ros.recordings.readers.bag_messages import open_bag
from anycam_ros.recordings.readers.bag_topics import speed_topic

ODOMETRY = 'nav_msgs/msg/Odometry'
# The definition of this type has been the same in every ROS 2 distribution.
_TYPES = get_typestore(Stores.ROS2_HUMBLE)


class BagSpeeds:
    """Read the speeds of one topic of a bag, in the order of recording."""

    def __init__(self, path: Path, topic: str | None = None) -> None:
        """Open the bag and choose the topic.

        Raises SourceError when there is no topic with odometry, or several and none is chosen.
        """
        self._path, self._bag = path, open_bag(path)
        odometries = {name: found for name, found in self._bag.topics.items()
                      if found.message_type == ODOMETRY}
        self.topic = speed_topic(topic).among(path, odometries, self._bag.topics)

    def __iter__(self) -> Iterator[Speed]:
        """Return the speeds, without those that no sensor measures.

        Raises SourceError where the bag breaks off.
        """
        is_warned = False
        for raw in self._bag.messages({self.topic}):
            try:
                message = _TYPES.deserialize_cdr(raw.data, ODOMETRY)
            except Exception as error:   # parsers of damaged bytes raise many kinds
                raise SourceError(f'{self._path}: a message on {raw.topic} of {len(raw.data)} '
                                  f'bytes is no {ODOMETRY}: {error}') from error
            try:
                yield speed_from_odometry(message)
            except SpeedError as error:
                if not is_warned:
                    sys.stderr.write(f'anycam: warning: {raw.topic}: {error} It is skipped, as '
                                     'are more of the kind.\n')
                is_warned = True
