# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages to arrays and cameras, and back."""

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.messages.camera_info import intrinsics_from_camera_info
from anycam_ros.node.conversions import (
    array_to_image,
    camera_info_from_intrinsics,
    image_to_rgb,
)

HEADER = Header(frame_id='camera')


def test_plain_rgb_image_is_not_copied() -> None:
    message = Image(height=64, width=80, encoding='rgb8', step=240)
    message.data.frombytes(bytes(64 * 240))
    rgb = image_to_rgb(message)
    message.data[3 * (80 * 2 + 5)] = 200
    assert rgb[2, 5, 0] == 200


@pytest.mark.parametrize(('dtype', 'encoding'), [(np.uint8, 'mono8'), (np.float32, '32FC1')])
def test_array_becomes_an_image(dtype: type, encoding: str) -> None:
    pixels = np.arange(12).reshape(3, 4).astype(dtype)
    message = array_to_image(HEADER, pixels, encoding)
    assert message.header == HEADER
    assert (message.height, message.width, message.encoding) == (3, 4, encoding)
    assert message.step == 4 * pixels.itemsize
    np.testing.assert_array_equal(np.frombuffer(message.data, dtype).reshape(3, 4), pixels)


@pytest.mark.parametrize('camera', [
    Intrinsics(640, 480, 500.0, 510.0, 321.0, 239.0, (0.1, -0.2, 0.001, 0.002, 0.05)),
    Intrinsics(640, 480, 500.0, 510.0, 321.0, 239.0, (0.1, 0.2, 0.3, 0.4), 'equidistant')])
def test_camera_survives_its_message(camera: Intrinsics) -> None:
    message = camera_info_from_intrinsics(HEADER, camera)
    assert intrinsics_from_camera_info(message) == camera
    np.testing.assert_array_equal(message.p.reshape(3, 4),
                                  np.hstack((camera.matrix, np.zeros((3, 1)))))
    np.testing.assert_array_equal(message.r.reshape(3, 3), np.eye(3))


def test_camera_without_distortion_has_five_zeros_as_image_proc_wants_them() -> None:
    message = camera_info_from_intrinsics(HEADER, Intrinsics.centred(640, 480, 500.0))
    assert message.distortion_model == 'plumb_bob'
    assert list(message.d) == [0.0] * 5
