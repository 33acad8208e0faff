# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry as a bag: what the node publishes, without ROS."""

from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer
import numpy as np
from numpy.typing import NDArray
from rosbags.typesys import get_typestore, Stores

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.geometry.quaternion import quaternion_from_rotation
from anycam_ros.odometry import OdometryEstimate, TrackingState
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.stamps import NANOSECONDS

_TYPES = get_typestore(Stores.ROS2_HUMBLE)
_TOPICS = {
    '/odom': 'nav_msgs/msg/Odometry',
    '/tf': 'tf2_msgs/msg/TFMessage',
    '/estimated/camera_info': 'sensor_msgs/msg/CameraInfo',
}
ODOM_FRAME, UNNAMED_CAMERA_FRAME = 'odom', 'camera_optical'
# A chunk is on the disk when it is full: what a killed process loses is a few frames.
_CHUNK_BYTES = 4096


class OdometryBag:
    """Write /odom, /tf and /estimated/camera_info into one MCAP file, frame by frame."""

    def __init__(self, path: Path) -> None:
        """Start the file and declare its topics."""
        self._file = path.open('wb')
        self._writer = Writer(self._file, chunk_size=_CHUNK_BYTES,
                              compression=CompressionType.NONE)
        self._writer.start(profile='ros2', library='anycam_ros')
        self._channels = {topic: self._register(topic, name) for topic, name in _TOPICS.items()}

    def add(self, frame: SourceFrame, estimate: OdometryEstimate) -> None:
        """Append what the node would publish for the frame."""
        camera_frame = frame.frame_id or UNNAMED_CAMERA_FRAME
        header = _header(frame.stamp_ns, camera_frame)
        self._write('/estimated/camera_info', frame.stamp_ns,
                    _camera_info(header, estimate.intrinsics))
        if estimate.status is not TrackingState.LOST:
            in_odom = _header(frame.stamp_ns, ODOM_FRAME)
            self._write('/odom', frame.stamp_ns, _odometry(in_odom, camera_frame, estimate))
            self._write('/tf', frame.stamp_ns,
                        _transforms(in_odom, camera_frame, estimate.T_odom_camera))
        self._file.flush()

    def close(self) -> None:
        """Write the index and close the file."""
        self._writer.finish()  # type: ignore[no-untyped-call]
        self._file.close()

    def _register(self, topic: str, name: str) -> int:
        definition, _ = _TYPES.generate_msgdef(name, ros_version=2)
        schema = self._writer.register_schema(name, 'ros2msg', definition.encode())
        return self._writer.register_channel(topic, 'cdr', schema, {'offered_qos_profiles': ''})

    def _write(self, topic: str, stamp_ns: int, message: object) -> None:
        data = bytes(_TYPES.serialize_cdr(message, _TOPICS[topic]))
        self._writer.add_message(self._channels[topic], stamp_ns, data, stamp_ns)


def _message(name: str, **fields: Any) -> Any:  # noqa: ANN401
    return _TYPES.types[name](**fields)


def _header(stamp_ns: int, frame_id: str) -> Any:  # noqa: ANN401
    seconds, nanoseconds = divmod(stamp_ns, NANOSECONDS)
    stamp = _message('builtin_interfaces/msg/Time', sec=seconds, nanosec=nanoseconds)
    return _message('std_msgs/msg/Header', stamp=stamp, frame_id=frame_id)


def _vector(values: NDArray[np.float64]) -> Any:  # noqa: ANN401
    return _message('geometry_msgs/msg/Vector3', **_named('xyz', values))


def _quaternion(rotation: NDArray[np.float64]) -> Any:  # noqa: ANN401
    return _message('geometry_msgs/msg/Quaternion',
                    **_named('xyzw', quaternion_from_rotation(rotation)))


def _named(names: str, values: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _odometry(header: Any, child_frame: str, estimate: OdometryEstimate) -> Any:  # noqa: ANN401
    pose = estimate.T_odom_camera
    position = _message('geometry_msgs/msg/Point', **_named('xyz', pose[:3, 3]))
    return _message(
        _TOPICS['/odom'], header=header, child_frame_id=child_frame,
        pose=_message(
            'geometry_msgs/msg/PoseWithCovariance',
            pose=_message('geometry_msgs/msg/Pose', position=position,
                          orientation=_quaternion(pose[:3, :3])),
            covariance=estimate.pose_covariance.ravel()),
        twist=_message(
            'geometry_msgs/msg/TwistWithCovariance',
            twist=_message('geometry_msgs/msg/Twist', linear=_vector(estimate.twist[:3]),
                           angular=_vector(estimate.twist[3:])),
            covariance=estimate.twist_covariance.ravel()))


def _transforms(header: Any, child_frame: str, pose: NDArray[np.float64]) -> Any:  # noqa: ANN401
    transform = _message('geometry_msgs/msg/Transform', translation=_vector(pose[:3, 3]),
                         rotation=_quaternion(pose[:3, :3]))
    stamped = _message('geometry_msgs/msg/TransformStamped', header=header,
                       child_frame_id=child_frame, transform=transform)
    return _message(_TOPICS['/tf'], transforms=[stamped])


def _camera_info(header: Any, camera: Intrinsics) -> Any:  # noqa: ANN401
    region = _message('sensor_msgs/msg/RegionOfInterest', x_offset=0, y_offset=0, height=0,
                      width=0, do_rectify=False)
    projection = np.zeros((3, 4))
    projection[:, :3] = camera.matrix
    return _message(
        _TOPICS['/estimated/camera_info'], header=header, height=camera.height,
        width=camera.width, distortion_model=camera.distortion_model,
        d=np.array(camera.distortion or (0.0,) * 5), k=camera.matrix.ravel(),
        r=np.eye(3).ravel(), p=projection.ravel(), binning_x=0, binning_y=0, roi=region)
