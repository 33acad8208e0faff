# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags: the images of one topic, with the CameraInfo beside it where asked for."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.typesys import get_typestore, Stores

from anycam_ros.camera_info import CameraInfo, intrinsics_from_camera_info
from anycam_ros.encodings import decompress_rgb, to_rgb
from anycam_ros.errors import FrameError, SourceError
from anycam_ros.odometry.frame import Frame
from anycam_ros.offline.bag_messages import open_bag
from anycam_ros.offline.bag_types import RawMessage, Topic
from anycam_ros.offline.frame_source import SourceFrame
from anycam_ros.offline.stamps import NANOSECONDS

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
# The definitions of these types have been the same in every ROS 2 distribution.
_TYPES = get_typestore(Stores.ROS2_HUMBLE)


class BagSource:
    """Read the images of one topic of a bag."""

    def __init__(self, path: Path, topic: str | None = None, calibrated: bool = False) -> None:
        """Open the bag and choose its topic; calibrated asks for the lens in camera_info.

        Raises SourceError when there is no image topic, several and none is chosen, or no
        calibration though asked for.
        """
        self._path = path
        self._bag = open_bag(path)
        self._topic = _choose_topic(path, self._bag.topics, topic)
        chosen = self._bag.topics[self._topic]
        self._type = chosen.message_type
        self._camera_topic = self._find_camera_topic() if calibrated else ''
        self.description = f'bag {path}, topic {self._topic}'
        self.total = chosen.messages

    def __iter__(self) -> Iterator[SourceFrame]:
        """Return the frames; raises SourceError where the bag breaks off."""
        index = 0
        camera: CameraInfo | None = self._first_camera_info() if self._camera_topic else None
        for raw in self._bag.messages({self._topic, self._camera_topic}):
            if raw.topic == self._camera_topic:
                camera = self._deserialize(raw, CAMERA_INFO)
                continue
            message = self._deserialize(raw, self._type)
            stamp = message.header.stamp
            stamp_ns = stamp.sec * NANOSECONDS + stamp.nanosec
            yield SourceFrame(index, stamp_ns, f'{self._topic} message {index}',
                              message.header.frame_id, partial(_load, message, stamp_ns, camera))
            index += 1

    def _find_camera_topic(self) -> str:
        image_topic = self._topic.rpartition('/')[0] if self._type == COMPRESSED else self._topic
        camera_topic = image_topic.rpartition('/')[0] + '/camera_info'
        topic = self._bag.topics.get(camera_topic)
        if topic is None or topic.message_type != CAMERA_INFO:
            raise SourceError(f'{self._path} has no topic {camera_topic} ({CAMERA_INFO}) with the '
                              f'calibration of {self._topic}. Leave out --intrinsics given and '
                              'the focal length is estimated.')
        return camera_topic

    def _first_camera_info(self) -> CameraInfo:
        """Return the CameraInfo for images that were recorded before their own one."""
        for raw in self._bag.messages({self._camera_topic}):
            first: CameraInfo = self._deserialize(raw, CAMERA_INFO)
            return first
        raise SourceError(f'{self._path} has no message on {self._camera_topic}. Leave out '
                          '--intrinsics given and the focal length is estimated.')

    def _deserialize(self, raw: RawMessage, message_type: str) -> Any:  # noqa: ANN401
        try:
            return _TYPES.deserialize_cdr(raw.data, message_type)
        except Exception as error:   # parsers of damaged bytes raise many kinds
            raise SourceError(f'{self._path}: a message on {raw.topic} of {len(raw.data)} bytes '
                              f'is no {message_type}: {error}') from error


def _choose_topic(path: Path, topics: Mapping[str, Topic], wanted: str | None) -> str:
    images = {name: topic for name, topic in topics.items()
              if topic.message_type in (IMAGE, COMPRESSED)}
    listed = '\n'.join(f'  {name}  ({topic.message_type}, '
                       f'{"?" if topic.messages is None else topic.messages} messages)'
                       for name, topic in sorted(images.items()))
    if not images:
        present = ', '.join(sorted(topics)) or 'none'
        raise SourceError(f'{path} has no image topic ({IMAGE} or {COMPRESSED}); its topics: '
                          f"{present}. Record the camera's topic too.")
    if wanted is not None:
        if wanted not in images:
            raise SourceError(f'{path} has no image topic {wanted}; choose with --topic one '
                              f'of\n{listed}')
        return wanted
    if len(images) > 1:
        raise SourceError(f'{path} has {len(images)} image topics; choose with --topic one '
                          f'of\n{listed}')
    return next(iter(images))


def _load(message: Any, stamp_ns: int, camera: CameraInfo | None) -> Frame:  # noqa: ANN401
    intrinsics = intrinsics_from_camera_info(camera) if camera is not None else None
    if camera is not None and intrinsics is None:
        raise FrameError('camera_info is uncalibrated (k[0] is 0). Leave out --intrinsics given '
                         'and the focal length is estimated.')
    if hasattr(message, 'encoding'):
        image = to_rgb(message.data, message.encoding, message.height, message.width,
                       message.step, bool(message.is_bigendian))
    else:
        image = decompress_rgb(message.data)
    return Frame(stamp_ns * 1e-9, image, intrinsics=intrinsics)
