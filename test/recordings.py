# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small recordings of every kind, made on the spot; each frame shows its number."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.frame_source import FrameSource

WIDTH, HEIGHT = 96, 64
STEP_NS = 40_000_000   # 25 Hz
START_NS = 1_700_000_000_123_456_789
_TYPES = get_typestore(Stores.ROS2_HUMBLE)


def picture(number: int) -> NDArray[np.uint8]:
    """Return eight stripes, white where the number has a bit: no codec can blur that away."""
    bits = [number >> bit & 1 for bit in range(8)]
    row = np.repeat(np.array(bits, np.uint8) * 255, WIDTH // 8)
    return np.ascontiguousarray(np.broadcast_to(row[:, None], (HEIGHT, WIDTH, 3)))


def number_in(image: NDArray[np.uint8]) -> int:
    stripes = image.reshape(image.shape[0], 8, -1).mean(axis=(0, 2)) > 128
    return sum(1 << bit for bit in range(8) if stripes[bit])


def read_until_break(source: FrameSource) -> tuple[list[int], str]:
    """Return the numbers that the frames show, and why reading broke off; empty when not."""
    numbers = []
    try:
        for frame in source:
            numbers.append(number_in(frame.load().image_rgb))  # noqa: PERF401
    except SourceError as error:
        return numbers, str(error)
    return numbers, ''


def stamps_ns(count: int) -> list[int]:
    return [START_NS + index * STEP_NS for index in range(count)]


def _message(name: str, **fields: Any) -> Any:  # noqa: ANN401
    return _TYPES.types[name](**fields)


def _header(stamp_ns: int) -> Any:  # noqa: ANN401
    stamp = _message('builtin_interfaces/msg/Time', sec=stamp_ns // 10 ** 9,
                     nanosec=stamp_ns % 10 ** 9)
    return _message('std_msgs/msg/Header', stamp=stamp, frame_id='camera_optical')


def image_message(index: int, image_bgr: NDArray[np.uint8] | None = None) -> bytes:
    image_bgr = picture(index) if image_bgr is None else image_bgr
    height, width = image_bgr.shape[:2]
    message = _message(
        'sensor_msgs/msg/Image', header=_header(START_NS + index * STEP_NS), height=height,
        width=width, encoding='bgr8', is_bigendian=0, step=3 * width, data=image_bgr.ravel())
    return bytes(_TYPES.serialize_cdr(message, 'sensor_msgs/msg/Image'))


def depth_mm(index: int) -> NDArray[np.uint16]:
    """Return depth that grows with the number of the frame, and 0 in the first column."""
    depth = np.full((HEIGHT, WIDTH), 1000 + 10 * index, np.uint16)
    depth[:, 0] = 0
    return depth


def depth_message(index: int, late_ns: int = 0) -> bytes:
    message = _message(
        'sensor_msgs/msg/Image', header=_header(START_NS + index * STEP_NS + late_ns),
        height=HEIGHT, width=WIDTH, encoding='16UC1', is_bigendian=0, step=2 * WIDTH,
        data=depth_mm(index).view(np.uint8).ravel())
    return bytes(_TYPES.serialize_cdr(message, 'sensor_msgs/msg/Image'))


def compressed_depth_message(index: int) -> bytes:
    data = np.concatenate([np.zeros(12, np.uint8),
                           cv2.imencode('.png', depth_mm(index))[1].ravel()])
    message = _message('sensor_msgs/msg/CompressedImage',
                       header=_header(START_NS + index * STEP_NS),
                       format='16UC1; compressedDepth png', data=data)
    return bytes(_TYPES.serialize_cdr(message, 'sensor_msgs/msg/CompressedImage'))


def odometry_message(index: int, speed_mps: float | None = None) -> bytes:
    """Return wheel odometry that drives along x, faster from frame to frame."""
    name, vector = 'geometry_msgs/msg/', {'x': 0.0, 'y': 0.0, 'z': 0.0}
    linear = _message(name + 'Vector3', **{
        **vector, 'x': 0.1 * index if speed_mps is None else speed_mps})
    covariance = np.zeros(36)
    covariance[0] = 0.02 ** 2
    twist = _message(name + 'Twist', linear=linear, angular=_message(name + 'Vector3', **vector))
    pose = _message(name + 'Pose', position=_message(name + 'Point', **vector),
                    orientation=_message(name + 'Quaternion', **vector, w=1.0))
    message = _message(
        'nav_msgs/msg/Odometry', header=_header(START_NS + index * STEP_NS),
        child_frame_id='base_link',
        pose=_message(name + 'PoseWithCovariance', pose=pose, covariance=np.zeros(36)),
        twist=_message(name + 'TwistWithCovariance', twist=twist, covariance=covariance))
    return bytes(_TYPES.serialize_cdr(message, 'nav_msgs/msg/Odometry'))


def compressed_message(index: int) -> bytes:
    data = cv2.imencode('.png', picture(index))[1].ravel()
    message = _message('sensor_msgs/msg/CompressedImage',
                       header=_header(START_NS + index * STEP_NS), format='png', data=data)
    return bytes(_TYPES.serialize_cdr(message, 'sensor_msgs/msg/CompressedImage'))


def camera_info_message(index: int, focal_px: float = 80.0) -> bytes:
    roi = _message('sensor_msgs/msg/RegionOfInterest', x_offset=0, y_offset=0, height=0, width=0,
                   do_rectify=False)
    k = np.array([focal_px, 0, WIDTH / 2, 0, focal_px, HEIGHT / 2, 0, 0, 1])
    message = _message(
        'sensor_msgs/msg/CameraInfo', header=_header(START_NS + index * STEP_NS), height=HEIGHT,
        width=WIDTH, distortion_model='plumb_bob', d=np.array([0.1, -0.2, 0.0, 0.0, 0.0]), k=k,
        r=np.eye(3).ravel(), p=np.zeros(12), binning_x=0, binning_y=0, roi=roi)
    return bytes(_TYPES.serialize_cdr(message, 'sensor_msgs/msg/CameraInfo'))


IMAGES = ('/camera/image_raw', 'sensor_msgs/msg/Image', image_message)
COMPRESSED = ('/camera/image_raw/compressed', 'sensor_msgs/msg/CompressedImage',
              compressed_message)
DEPTH = ('/camera/depth/image_raw', 'sensor_msgs/msg/Image', depth_message)
COMPRESSED_DEPTH = ('/camera/depth/image_raw/compressedDepth',
                    'sensor_msgs/msg/CompressedImage', compressed_depth_message)
CAMERA_INFO = ('/camera/camera_info', 'sensor_msgs/msg/CameraInfo', camera_info_message)

WHEELS = ('/wheel/odometry', 'nav_msgs/msg/Odometry', odometry_message)


def write_bag(path: Path, storage: str, topics: Sequence[Any] = (IMAGES,), count: int = 20) \
        -> Path:
    """Write a bag folder and return its storage file; storage is 'mcap' or 'sqlite3'."""
    plugin = StoragePlugin.MCAP if storage == 'mcap' else StoragePlugin.SQLITE3
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        connections = [writer.add_connection(name, kind, typestore=_TYPES)
                       for name, kind, _ in topics]
        for index, stamp_ns in enumerate(stamps_ns(count)):
            for connection, (_, _, make) in zip(connections, topics, strict=True):
                writer.write(connection, stamp_ns, make(index))
        files = list(path.glob(f'*.{"mcap" if storage == "mcap" else "db3"}'))
    return files[0]


def write_compressed_mcap(path: Path, compression: CompressionType, count: int = 20) -> Path:
    """Write images as rosbag2 does when its chunks are compressed: a few frames in each."""
    topic, kind, make = IMAGES
    definition, _ = _TYPES.generate_msgdef(kind, ros_version=2)
    with path.open('wb') as file:
        writer = McapWriter(file, chunk_size=60_000, compression=compression)
        writer.start(profile='ros2')
        schema = writer.register_schema(kind, 'ros2msg', definition.encode())
        channel = writer.register_channel(topic, 'cdr', schema)
        for index, stamp_ns in enumerate(stamps_ns(count)):
            writer.add_message(channel, stamp_ns, make(index), stamp_ns)
        writer.finish()  # type: ignore[no-untyped-call]
    return path


def write_video(path: Path, count: int = 20, codec: str = 'MJPG', rate_hz: float = 25.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate_hz, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for index in range(count):
        writer.write(picture(index))
    writer.release()
    return path


def write_images(folder: Path, names: Sequence[str]) -> Path:
    folder.mkdir(parents=True)
    for index, name in enumerate(names):
        assert cv2.imwrite(str(folder / name), picture(index))
    return folder


def write_sequence(folder: Path, count: int = 20, camera: str | None = None) -> Path:
    names = [f'{index:06d}.png' for index in range(count)]
    write_images(folder / 'rgb', names)
    lines = [f'{stamp // 10 ** 9}.{stamp % 10 ** 9:09d} rgb/{name}'
             for stamp, name in zip(stamps_ns(count), names, strict=True)]
    (folder / 'timestamps.txt').write_text('# timestamp filename\n' + '\n'.join(lines) + '\n')
    if camera is not None:
        (folder / 'camera.yaml').write_text(camera)
    return folder


def cut(source: Path, target: Path, keep_bytes: int) -> Path:
    """Write the first bytes of a file to another one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes()[:keep_bytes])
    return target
