# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of cv_bridge that the node uses, with the interface of the real package."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Header

LETTERS = {'u': 'U', 'i': 'S', 'f': 'F'}
NAMED_TYPES = {
    'mono8': '8UC1', 'mono16': '16UC1',
    'bgr8': '8UC3', 'rgb8': '8UC3', 'bgra8': '8UC4', 'rgba8': '8UC4',
}


class CvBridgeError(TypeError):
    """An image cannot be converted."""


class CvBridge:
    """Convert arrays, as OpenCV has them, to image messages."""

    def cv2_to_imgmsg(self, cvim: NDArray[Any], encoding: str = 'passthrough',
                      header: Header | None = None) -> Image:
        """Return an (H, W) or (H, W, C) array as a message; the encoding must fit its type."""
        channels = 1 if cvim.ndim < 3 else cvim.shape[2]
        own_type = f'{8 * cvim.itemsize}{LETTERS[cvim.dtype.kind]}C{channels}'
        if encoding != 'passthrough' and NAMED_TYPES.get(encoding, encoding) != own_type:
            raise CvBridgeError(f'encoding specified as {encoding}, but image has incompatible '
                                f'type {own_type}')
        message = Image(height=cvim.shape[0], width=cvim.shape[1],
                        encoding=own_type if encoding == 'passthrough' else encoding,
                        is_bigendian=cvim.dtype.byteorder == '>')
        if header is not None:
            message.header = header
        message.data.frombytes(np.ascontiguousarray(cvim).data.cast('B'))
        message.step = len(message.data) // message.height
        return message
