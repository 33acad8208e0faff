# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags: the images of one topic, with CameraInfo and depth beside it where asked for."""

from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.typesys import get_typestore, Stores

from anycam_ros.depth.stamped_buffer import StampedBuffer
from anycam_ros.errors import FrameError, SourceError
from anycam_ros.messages.camera_info import CameraInfo, intrinsics_from_camera_info
from anycam_ros.messages.depth import decompress_depth_m, Depth, DEPTH_ENCODINGS, to_depth_m
from anycam_ros.messages.image import decompress_rgb, to_rgb
from anycam_ros.odometry.frame import Frame
from anycam_ros.recordings.readers.bag_messages import open_bag
from anycam_ros.recordings.readers.bag_topics import (
    CAMERA_INFO,
    COMPRESSED,
    depth_topic,
    IMAGE,
    image_topic,
)
from anycam_ros.recordings.readers.bag_types import RawMessage, Topic
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.stamps import NANOSECONDS

LOOK_AHEAD = 30   # images that wait for a depth image that was recorded later
# The definitions of these types have been the same in every ROS 2 distribution.
_TYPES = get_typestore(Stores.ROS2_HUMBLE)


class _Image(NamedTuple):
    message: Any
    stamp_ns: int
    camera: CameraInfo | None


class BagSource:
    """Read the images of one topic of a bag."""

    def __init__(self, path: Path, topic: str | None = None, *, calibrated: bool = False,
                 with_depth: bool = False, depth_topic_name: str | None = None) -> None:
        """Open the bag and choose its topics.

        calibrated asks for the lens in camera_info, with_depth for depth images. Raises
        SourceError when there is no image topic, several and none is chosen, or what is asked
        for is not there.
        """
        self._path = path
        self._bag = open_bag(path)
        images = {name: found for name, found in self._bag.topics.items()
                  if found.message_type in (IMAGE, COMPRESSED)}
        self._depth_topic = ''
        if with_depth:
            depths = {name: found for name, found in images.items() if self._is_depth(name, found)}
            self._depth_topic = depth_topic(depth_topic_name).among(
                path, depths, self._bag.topics)
            images = {name: found for name, found in images.items() if name not in depths}
        self._topic = image_topic(topic).among(path, images, self._bag.topics)
        self._camera_topic = self._find_camera_topic() if calibrated else ''
        depth = f', depth from {self._depth_topic}' if with_depth else ''
        self.description = f'bag {path}, topic {self._topic}{depth}'
        self.total = images[self._topic].messages

    def __iter__(self) -> Iterator[SourceFrame]:
        """Return the frames; raises SourceError where the bag breaks off."""
        for index, (image, depth) in enumerate(self._images_with_depth()):
            yield SourceFrame(index, image.stamp_ns, f'{self._topic} message {index}',
                              image.message.header.frame_id, partial(_load, image, depth))

    def _images_with_depth(self) -> Iterator[tuple[_Image, Any]]:
        """Return the images, each with the depth message nearest to it in time, or None."""
        pairs = _Pairs(LOOK_AHEAD if self._depth_topic else 0)
        try:
            for item in self._messages():
                yield from pairs.add(item)
        except SourceError:
            yield from pairs.ready(0)
            raise
        yield from pairs.ready(0)

    def _messages(self) -> Iterator[Any]:
        """Return the images, each with the CameraInfo before it, and the depth messages."""
        camera: CameraInfo | None = self._first_camera_info() if self._camera_topic else None
        for raw in self._bag.messages({self._topic, self._camera_topic, self._depth_topic}):
            message = self._deserialize(raw)
            if raw.topic == self._camera_topic:
                camera = message
            elif raw.topic == self._depth_topic:
                yield message
            else:
                yield _Image(message, _stamp_ns(message), camera)

    def _is_depth(self, name: str, topic: Topic) -> bool:
        """Return whether the topic carries depth, by its first message."""
        for raw in self._bag.messages({name}):
            message = self._deserialize(raw)
            if topic.message_type == COMPRESSED:
                return 'compressedDepth' in message.format
            return message.encoding in DEPTH_ENCODINGS and message.encoding != 'mono16'
        return False

    def _find_camera_topic(self) -> str:
        is_compressed = self._bag.topics[self._topic].message_type == COMPRESSED
        image_topic = self._topic.rpartition('/')[0] if is_compressed else self._topic
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
            first: CameraInfo = self._deserialize(raw)
            return first
        raise SourceError(f'{self._path} has no message on {self._camera_topic}. Leave out '
                          '--intrinsics given and the focal length is estimated.')

    def _deserialize(self, raw: RawMessage) -> Any:  # noqa: ANN401
        message_type = self._bag.topics[raw.topic].message_type
        try:
            return _TYPES.deserialize_cdr(raw.data, message_type)
        except Exception as error:   # parsers of damaged bytes raise many kinds
            raise SourceError(f'{self._path}: a message on {raw.topic} of {len(raw.data)} bytes '
                              f'is no {message_type}: {error}') from error


class _Pairs:
    """Match images to depth, which may be recorded a little earlier or later."""

    def __init__(self, look_ahead: int) -> None:
        self._look_ahead = look_ahead
        self._waiting: deque[_Image] = deque()
        self._depths: StampedBuffer[Any] = StampedBuffer(2 * LOOK_AHEAD)

    def add(self, item: Any) -> Iterator[tuple[_Image, Any]]:  # noqa: ANN401
        """Take in an image or a depth message, and return the pairs that this decides."""
        if isinstance(item, _Image):
            self._waiting.append(item)
        else:
            self._depths.add(_stamp_ns(item), item)
        return self.ready(self._look_ahead)

    def ready(self, look_ahead: int) -> Iterator[tuple[_Image, Any]]:
        """Return the pairs that nothing can improve, or that too many others wait behind."""
        while self._waiting and (len(self._waiting) > look_ahead
                                 or self._depths.reaches(self._waiting[0].stamp_ns)):
            image = self._waiting.popleft()
            yield image, self._depths.nearest(image.stamp_ns)


def _stamp_ns(message: Any) -> int:  # noqa: ANN401
    stamp = message.header.stamp
    return int(stamp.sec * NANOSECONDS + stamp.nanosec)


def _load(image: _Image, depth: Any) -> Frame:  # noqa: ANN401
    camera, message = image.camera, image.message
    intrinsics = intrinsics_from_camera_info(camera) if camera is not None else None
    if camera is not None and intrinsics is None:
        raise FrameError('camera_info is uncalibrated (k[0] is 0). Leave out --intrinsics given '
                         'and the focal length is estimated.')
    if hasattr(message, 'encoding'):
        pixels = to_rgb(message.data, message.encoding, message.height, message.width,
                        message.step, bool(message.is_bigendian))
    else:
        pixels = decompress_rgb(message.data)
    depth_m = None if depth is None else _depth_m(depth)
    return Frame(image.stamp_ns * 1e-9, pixels, depth_m, intrinsics)


def _depth_m(message: Any) -> Depth:  # noqa: ANN401
    if hasattr(message, 'encoding'):
        return to_depth_m(message.data, message.encoding, message.height, message.width,
                          message.step, bool(message.is_bigendian))
    return decompress_depth_m(message.data, message.format)
