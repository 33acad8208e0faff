# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images through the cv_bridge stand-in."""

import cv2
from cv_bridge import CvBridge, CvBridgeError
import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

BRIDGE = CvBridge()
PICTURE = np.random.default_rng(0).integers(0, 255, (6, 5, 3), np.uint8)


@pytest.mark.parametrize(('pixels', 'encoding', 'step'), [
    (PICTURE, '8UC3', 15),
    (PICTURE[..., 0], '8UC1', 5),
    (PICTURE[..., :2].astype(np.int16), '16SC2', 20),
    (PICTURE[..., 0].astype(np.float32), '32FC1', 20),
    (PICTURE[..., 0].astype(np.float64), '64FC1', 40),
])
def test_pixels_survive_the_round_trip(
        pixels: np.ndarray, encoding: str, step: int) -> None:
    message = BRIDGE.cv2_to_imgmsg(pixels, header=Header(frame_id='camera'))
    assert (message.height, message.width, message.step) == (6, 5, step)
    assert (message.encoding, message.header.frame_id) == (encoding, 'camera')
    returned = BRIDGE.imgmsg_to_cv2(message)
    assert returned.dtype == pixels.dtype
    assert np.array_equal(returned, pixels)


def test_an_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(CvBridgeError, match=r'specified as mono8.*incompatible type 8UC3'):
        BRIDGE.cv2_to_imgmsg(PICTURE, 'mono8')
    assert BRIDGE.cv2_to_imgmsg(PICTURE, 'rgb8').encoding == 'rgb8'


def test_padding_and_byte_order_are_undone() -> None:
    depth = np.array([[1, 2], [3, 400]], np.uint16)
    padded = np.zeros((2, 3), '>u2')
    padded[:, :2] = depth
    message = Image(height=2, width=2, step=6, encoding='mono16', is_bigendian=1,
                    data=padded.tobytes())
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message), depth)


def test_colours_are_converted() -> None:
    message = BRIDGE.cv2_to_imgmsg(PICTURE, 'bgr8')
    assert np.array_equal(BRIDGE.imgmsg_to_cv2(message, 'rgb8'), PICTURE[..., ::-1])
    grey = BRIDGE.imgmsg_to_cv2(message, 'mono8')
    assert np.array_equal(grey, cv2.cvtColor(PICTURE, cv2.COLOR_BGR2GRAY))


@pytest.mark.parametrize(('encoding', 'desired'), [('nonsense', 'passthrough'), ('8UC3', 'rgb8')])
def test_what_it_cannot_convert_is_an_error(encoding: str, desired: str) -> None:
    message = BRIDGE.cv2_to_imgmsg(PICTURE)
    message.encoding = encoding
    with pytest.raises(CvBridgeError, match=encoding):
        BRIDGE.imgmsg_to_cv2(message, desired)


def test_a_compressed_image_decodes_to_the_same() -> None:
    message = BRIDGE.cv2_to_compressed_imgmsg(PICTURE, 'png')
    decoded = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_COLOR)
    assert message.format == 'png'
    assert np.array_equal(decoded, PICTURE)
