# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""With intrinsics: given, the node takes the camera from camera_info, and only a usable one."""

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS, stamp_ns
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.msg import Status
from anycam_ros.node.conversions import camera_info_from_intrinsics

Clip = list[NDArray[np.uint8]]
NOT_ARRIVED = 'no camera_info has arrived'
CAMERA = Intrinsics(320, 240, 304.0, 303.0, 161.0, 119.0, (0.01, -0.02, 0.001, 0.0, 0.0))


def described(camera: Intrinsics = CAMERA, **fields: object) -> CameraInfo:
    message = camera_info_from_intrinsics(header_at(NANOSECONDS), camera)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def test_given_camera_is_used(clip: Clip) -> None:
    with Peer() as peer, NodeProcess(parameters=['intrinsics:=given']):
        peer.wait_until_connected()
        introduced = introduce(peer, described(), clip[0])
        start_ns = stamp_ns(introduced.header) + PERIOD_NS
        status = peer.play(clip[1:4], start_ns)[-1]
        info = peer.wait_for_output('estimated/camera_info', start_ns + 2 * PERIOD_NS)
    assert (status.focal_px, status.focal_source) == (304.0, 'given')
    np.testing.assert_allclose(info.k, described().k)
    np.testing.assert_allclose(info.d, described().d)


@pytest.mark.parametrize(('message', 'complaint'), [
    (described(k=[0.0] * 9), 'not calibrated (K[0] = 0)'),
    (described(k=[float('nan')] * 9), 'fx=nan'),
    (described(distortion_model='fisheye5'), "'fisheye5' is unknown"),
    (described(CAMERA.resized(640, 480)), '640x480 px, the image has 320x240'),
])
def test_unusable_camera_is_named(clip: Clip, message: CameraInfo, complaint: str) -> None:
    with Peer() as peer, NodeProcess(parameters=['intrinsics:=given']):
        peer.wait_until_connected()
        status = introduce(peer, message, clip[0])
    assert complaint in status.last_rejection
    assert status.frames_rejected == status.frames_received


def test_missing_camera_is_named(clip: Clip) -> None:
    with Peer() as peer, NodeProcess(parameters=['intrinsics:=given']):
        peer.wait_until_connected()
        status = peer.send(image_message(header_at(NANOSECONDS), clip[0]))
    assert NOT_ARRIVED in status.last_rejection
    assert status.frames_rejected == 1


def introduce(peer: Peer, message: CameraInfo, image: NDArray[np.uint8]) -> Status:
    """Publish the camera beside images, as a driver does, until the node has it.

    Nothing orders the two topics, and the node may see the publisher later than the publisher
    sees the node: what is published once can be lost.
    """
    publisher = peer.node.create_publisher(CameraInfo, 'camera_info', qos_profile_sensor_data)
    for stamp in range(NANOSECONDS, NANOSECONDS + 300 * PERIOD_NS, PERIOD_NS):
        publisher.publish(message)
        status = peer.send(image_message(header_at(stamp), image))
        if status.frames_rejected < status.frames_received \
                or NOT_ARRIVED not in status.last_rejection:
            return status
    raise AssertionError(status.last_rejection)
