# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of cv_bridge that is used here, with the interface of the real package."""

from array import array
import re
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

Pixels = NDArray[Any]

KINDS = {'U': 'u', 'S': 'i', 'F': 'f'}
NAMED_TYPES = {
    'mono8': '8UC1', 'mono16': '16UC1',
    'bgr8': '8UC3', 'rgb8': '8UC3', 'bgra8': '8UC4', 'rgba8': '8UC4',
    'bayer_rggb8': '8UC1', 'bayer_bggr8': '8UC1', 'bayer_gbrg8': '8UC1', 'bayer_grbg8': '8UC1',
    'yuv422': '8UC2', 'yuv422_yuy2': '8UC2',
}
COLOURS = {'mono8': 'GRAY', 'bgr8': 'BGR', 'rgb8': 'RGB', 'bgra8': 'BGRA', 'rgba8': 'RGBA'}


class CvBridgeError(TypeError):
    """An image cannot be converted."""


class CvBridge:
    """Convert between arrays, as OpenCV has them, and image messages."""

    def cv2_to_imgmsg(self, cvim: Pixels, encoding: str = 'passthrough',
                      header: Header | None = None) -> Image:
        """Return an (H, W) or (H, W, C) array as a message; the encoding must fit its type."""
        channels = 1 if cvim.ndim < 3 else cvim.shape[2]
        own_type = _type_name(cvim.dtype, channels)
        if encoding != 'passthrough' and NAMED_TYPES.get(encoding, encoding) != own_type:
            raise CvBridgeError(f'encoding specified as {encoding}, but image has incompatible '
                                f'type {own_type}')
        message = Image(height=cvim.shape[0], width=cvim.shape[1],
                        encoding=own_type if encoding == 'passthrough' else encoding,
                        is_bigendian=cvim.dtype.byteorder == '>')
        if header is not None:
            message.header = header
        message.data.frombytes(cvim.tobytes())
        message.step = len(message.data) // message.height
        return message

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = 'passthrough') -> Pixels:
        """Return a message as an array: (H, W) for one channel, otherwise (H, W, C)."""
        dtype, channels = _array_type(img_msg.encoding)
        dtype = dtype.newbyteorder('>' if img_msg.is_bigendian else '<')
        rows = np.frombuffer(img_msg.data, np.uint8).reshape(img_msg.height, img_msg.step)
        used = rows[:, :img_msg.width * channels * dtype.itemsize]
        pixels = np.ascontiguousarray(used).view(dtype).astype(dtype.newbyteorder('='))
        if channels > 1:
            pixels = pixels.reshape(img_msg.height, img_msg.width, channels)
        return _recolour(pixels, img_msg.encoding, desired_encoding)

    def cv2_to_compressed_imgmsg(self, cvim: Pixels, dst_format: str = 'jpg') -> CompressedImage:
        """Return a BGR or grey array as a compressed message."""
        encoded = cv2.imencode(f'.{dst_format}', cvim)[1]
        return CompressedImage(format=dst_format, data=array('B', encoded.tobytes()))


def _type_name(dtype: np.dtype[Any], channels: int) -> str:
    letters = {kind: letter for letter, kind in KINDS.items()}
    return f'{8 * dtype.itemsize}{letters[dtype.kind]}C{channels}'


def _array_type(encoding: str) -> tuple[np.dtype[Any], int]:
    parsed = re.fullmatch(r'(8|16|32|64)([USF])C([1-4])', NAMED_TYPES.get(encoding, encoding))
    if parsed is None:
        raise CvBridgeError(f'Unrecognized image encoding [{encoding}]')
    bits, letter, channels = parsed.groups()
    return np.dtype(f'{KINDS[letter]}{int(bits) // 8}'), int(channels)


def _recolour(pixels: Pixels, encoding: str, desired: str) -> Pixels:
    if desired in ('passthrough', encoding):
        return pixels
    if encoding not in COLOURS or desired not in COLOURS:
        raise CvBridgeError(f'[{encoding}] is not convertible to [{desired}]')
    code = getattr(cv2, f'COLOR_{COLOURS[encoding]}2{COLOURS[desired]}')
    return np.asarray(cv2.cvtColor(pixels, code))
