# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images through the stand-in of cv_bridge."""

from typing import Any

from cv_bridge import CvBridge, CvBridgeError
import numpy as np
from numpy.typing import NDArray
import pytest
from std_msgs.msg import Header

BRIDGE = CvBridge()
PICTURE = np.random.default_rng(0).integers(0, 255, (6, 5, 3), np.uint8)


@pytest.mark.parametrize(('pixels', 'encoding', 'step'), [
    (PICTURE, '8UC3', 15),
    (PICTURE[..., 0], '8UC1', 5),
    (PICTURE[..., :2].astype(np.int16), '16SC2', 20),
    (PICTURE[..., 0].astype(np.float32), '32FC1', 20),
    (PICTURE[..., 0].astype(np.float64), '64FC1', 40),
    (PICTURE[..., 0].astype('>u2'), '16UC1', 10),
])
def test_a_message_holds_the_pixels_row_by_row(
        pixels: NDArray[Any], encoding: str, step: int) -> None:
    message = BRIDGE.cv2_to_imgmsg(pixels, header=Header(frame_id='camera'))
    assert (message.height, message.width, message.step) == (6, 5, step)
    assert (message.encoding, message.header.frame_id) == (encoding, 'camera')
    assert message.is_bigendian == (pixels.dtype.str[0] == '>')
    returned = np.frombuffer(message.data, pixels.dtype).reshape(pixels.shape)
    assert np.array_equal(returned, pixels)


def test_an_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(CvBridgeError, match=r'specified as mono8.*incompatible type 8UC3'):
        BRIDGE.cv2_to_imgmsg(PICTURE, 'mono8')
    assert BRIDGE.cv2_to_imgmsg(PICTURE, 'rgb8').encoding == 'rgb8'
