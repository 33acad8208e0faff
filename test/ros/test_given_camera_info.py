# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""With intrinsics: given, the node takes the camera from camera_info, and only a usable one."""

import time

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.node.conversions import camera_info_from_intrinsics

Clip = list[NDArray[np.uint8]]
CAMERA = Intrinsics(320, 240, 304.0, 303.0, 161.0, 119.0, (0.01, -0.02, 0.001, 0.0, 0.0))


def described(camera: Intrinsics = CAMERA, **fields: object) -> CameraInfo:
    message = camera_info_from_intrinsics(header_at(NANOSECONDS), camera)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def test_given_camera_is_used(clip: Clip) -> None:
    with Peer() as peer, NodeProcess(parameters=['intrinsics:=given']):
        peer.wait_until_connected()
        publish_camera_info(peer, described())
        status = peer.play(clip[:4])[-1]
        info = peer.wait_for_output('estimated/camera_info', NANOSECONDS + 3 * PERIOD_NS)
    assert (status.focal_px, status.focal_source) == (304.0, 'given')
    np.testing.assert_allclose(info.k, described().k)
    np.testing.assert_allclose(info.d, described().d)


@pytest.mark.parametrize(('message', 'complaint'), [
    (None, 'no camera_info has arrived'),
    (described(k=[0.0] * 9), 'not calibrated (K[0] = 0)'),
    (described(k=[float('nan')] * 9), 'fx=nan'),
    (described(distortion_model='fisheye5'), "'fisheye5' is unknown"),
    (described(CAMERA.resized(640, 480)), '640x480 px, the image has 320x240'),
])
def test_unusable_camera_is_named(clip: Clip, message: CameraInfo | None, complaint: str) -> None:
    with Peer() as peer, NodeProcess(parameters=['intrinsics:=given']):
        peer.wait_until_connected()
        if message is not None:
            publish_camera_info(peer, message)
        status = peer.send(image_message(header_at(NANOSECONDS), clip[0]))
    assert complaint in status.last_rejection
    assert status.frames_rejected == 1


def publish_camera_info(peer: Peer, message: CameraInfo) -> None:
    """Publish once the node listens, and give the message the time to arrive."""
    publisher = peer.node.create_publisher(CameraInfo, 'camera_info', qos_profile_sensor_data)
    peer.wait_for(lambda: publisher.get_subscription_count() > 0, 10, 'camera_info subscription')
    publisher.publish(message)
    time.sleep(0.3)
