# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The other side of the node: a camera that publishes and a recorder of what comes back."""

from array import array
from collections.abc import Callable, Sequence
from threading import Thread
import time
from types import TracebackType
from typing import Any

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry, Path
import numpy as np
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from tf_transformations import quaternion_from_matrix, quaternion_matrix

from anycam_ros.msg import Status

OUTPUTS = {'odom': Odometry, 'estimated/camera_info': CameraInfo, 'motion_mask': Image,
           'uncertainty': Image, 'status': Status, 'path': Path, '/tf': TFMessage}
CAMERA_FRAME = 'camera_optical'
NANOSECONDS = 1_000_000_000
PERIOD_NS = NANOSECONDS // 30
STARTUP_S = 180.0   # the first start after an installation compiles


def header_at(stamp_ns: int, frame_id: str = CAMERA_FRAME) -> Header:
    """Return a header of the camera."""
    header = Header(frame_id=frame_id)
    header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
    return header


def stamp_ns(header: Header) -> int:
    """Return the stamp of a header in nanoseconds."""
    return int(header.stamp.sec * NANOSECONDS + header.stamp.nanosec)


def image_message(header: Header, rows: NDArray[np.uint8], encoding: str = 'rgb8', *,
                  width: int | None = None, is_bigendian: bool = False) -> Image:
    """Return rows of bytes, (H, step) or (H, W, channels), as a message."""
    data = array('B')
    data.frombytes(np.ascontiguousarray(rows).tobytes())
    return Image(header=header, height=rows.shape[0], width=width or rows.shape[1],
                 encoding=encoding, is_bigendian=is_bigendian,
                 step=rows[0].nbytes, data=data)


def pose_matrix(odometry: Odometry) -> NDArray[np.float64]:
    """Return the pose of an odometry message, (4, 4)."""
    p, q = odometry.pose.pose.position, odometry.pose.pose.orientation
    matrix = np.asarray(quaternion_matrix((q.x, q.y, q.z, q.w)))
    matrix[:3, 3] = p.x, p.y, p.z
    return matrix


def mounted(T_base_camera: NDArray[np.float64], stamp: int,
            frame_id: str = 'base_link') -> TransformStamped:
    """Return the transform that says where the robot carries the camera."""
    message = TransformStamped(header=header_at(stamp, frame_id), child_frame_id=CAMERA_FRAME)
    t, q = message.transform.translation, message.transform.rotation
    t.x, t.y, t.z = T_base_camera[:3, 3]
    q.x, q.y, q.z, q.w = quaternion_from_matrix(T_base_camera)
    return message


class Peer:
    """Publish images to the node and keep, by stamp, what it publishes."""

    def __init__(self, namespace: str = '', image_type: type = Image,
                 image_topic: str = 'image', topics: Sequence[str] = tuple(OUTPUTS)) -> None:
        """Create the camera, and the recorder of the topics."""
        self.node = Node('peer', namespace=namespace)
        self._image_type, self._image_topic = image_type, image_topic
        self.start_images()
        self.received: dict[str, dict[int, Any]] = {topic: {} for topic in OUTPUTS}
        self.arrived_s: dict[str, dict[int, float]] = {topic: {} for topic in OUTPUTS}
        self.statuses: list[Status] = []
        self._clients: dict[str, Any] = {}
        for topic in topics:
            self.node.create_subscription(OUTPUTS[topic], topic, self._keep(topic), 100)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = Thread(target=self._executor.spin)

    def __enter__(self) -> 'Peer':
        """Start to receive."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop to receive."""
        self._executor.shutdown()
        self._thread.join()
        self.stop_images()
        self.node.destroy_node()

    def start_images(self) -> None:
        """Create the publisher of the images, as a camera driver does when it starts."""
        # A node of its own, which no executor looks at, may go while others spin.
        self._driver = Node('camera', namespace=self.node.get_namespace())
        self._images = self._driver.create_publisher(self._image_type, self._image_topic,
                                                     qos_profile_sensor_data)

    def stop_images(self) -> None:
        """Destroy the publisher of the images."""
        self._driver.destroy_node()

    def is_subscribed(self) -> bool:
        """Return whether anybody subscribes to the images."""
        return bool(self._images.get_subscription_count())

    def publish(self, message: Any) -> None:  # noqa: ANN401
        """Publish an image and go on at once."""
        self._images.publish(message)

    def send(self, message: Any, timeout_s: float = 10.0) -> Status:  # noqa: ANN401
        """Publish an image, wait for the status of its stamp, and return it."""
        before = len(self.statuses)
        self._images.publish(message)
        stamp = stamp_ns(message.header)

        def answer() -> Status | None:
            return next((status for status in self.statuses[before:]
                         if stamp_ns(status.header) == stamp), None)
        self.wait_for(lambda: answer() is not None, timeout_s, f'status of {stamp}')
        status = answer()
        assert status is not None
        return status

    def play(self, images: list[NDArray[np.uint8]], start_ns: int = NANOSECONDS) -> list[Status]:
        """Send RGB images at 30 Hz by their stamps, each once the one before is answered."""
        return [self.send(image_message(header_at(start_ns + index * PERIOD_NS), image))
                for index, image in enumerate(images)]

    def wait_for(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait until the condition holds."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f'no {what} within {timeout_s} s'
            time.sleep(0.002)

    def wait_for_output(self, topic: str, stamp: int, timeout_s: float = 2.0) -> Any:  # noqa: ANN401
        """Return the message of the topic with the stamp, which may be on its way."""
        self.wait_for(lambda: stamp in self.received[topic], timeout_s, f'{topic} at {stamp}')
        return self.received[topic][stamp]

    def call(self, service: type, name: str, request: Any, timeout_s: float = 10.0) -> Any:  # noqa: ANN401
        """Call a service and return its response."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self.node.create_client(service, name)
            assert client.wait_for_service(timeout_s), f'no service {name}'
            # The server may not have found the way back yet; Fast DDS does not tell.
            time.sleep(0.2)
        future = client.call_async(request)
        self.wait_for(future.done, timeout_s, f'response of {name}')
        return future.result()

    def wait_until_connected(self, timeout_s: float = STARTUP_S) -> None:
        """Wait until node and peer have found each other's topics, each in its own time."""
        self.wait_for(self.is_subscribed, timeout_s, 'subscription to the images')
        self.wait_for(lambda: any('no publisher' not in status.reason
                                  for status in self.statuses), timeout_s,
                      'status of a node that sees the publisher of the images')

    def graph_of_node(self, kind: str, complete_in_s: float = 60.0) -> dict[str, str]:
        """Return the types of the node's publishers, subscribers, services or clients by name."""
        # What discovery has not brought yet is missing without a word.
        self.wait_for(lambda: '/anycam/set_pose' in self._seen_of_node('service') and
                      '/status' in self._seen_of_node('publisher'), complete_in_s,
                      'set_pose and status of the node')
        return self._seen_of_node(kind)

    def _seen_of_node(self, kind: str) -> dict[str, str]:
        if ('anycam', '/') not in self.node.get_node_names_and_namespaces():
            return {}
        of_node = getattr(self.node, f'get_{kind}_names_and_types_by_node')
        return {name: types[0] for name, types in of_node('anycam', '/')}

    def _keep(self, topic: str) -> Callable[[Any], None]:
        def keep(message: Any) -> None:  # noqa: ANN401
            header = message.transforms[0].header if topic == '/tf' else message.header
            self.received[topic][stamp_ns(header)] = message
            self.arrived_s[topic].setdefault(stamp_ns(header), time.time())
            if topic == 'status':
                self.statuses.append(message)
        return keep
