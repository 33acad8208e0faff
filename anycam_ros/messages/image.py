# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image bytes as ROS carries them (sensor_msgs/Image, CompressedImage) to RGB arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import FrameError

Image = NDArray[np.uint8]
Buffer = bytes | bytearray | memoryview | Image

JPEG_START, JPEG_END = b'\xff\xd8', b'\xff\xd9'


@dataclass(frozen=True)
class Encoding:
    """Describe one sensor_msgs encoding: bytes per sample, samples per pixel, way to RGB."""

    sample_bytes: int
    channels: int
    to_rgb: Callable[[Image], Image]
    width_multiple: int = 1
    minimum_side: int = 1


def _convert(code: int) -> Callable[[Image], Image]:
    def convert(pixels: Image) -> Image:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), code), np.uint8)
    return convert


def _color(sample_bytes: int, channels: int, to_rgb: Callable[[Image], Image]) -> Encoding:
    return Encoding(sample_bytes, channels, to_rgb)


def _bayer(sample_bytes: int, code: int) -> Encoding:
    return Encoding(sample_bytes, 1, _convert(code), minimum_side=2)


def _yuv422(code: int) -> Encoding:
    return Encoding(1, 2, _convert(code), width_multiple=2)


# OpenCV names a Bayer pattern by its second row and column, sensor_msgs by its first.
_BAYER_CODES = {
    'rggb': cv2.COLOR_BayerBG2RGB,
    'bggr': cv2.COLOR_BayerRG2RGB,
    'gbrg': cv2.COLOR_BayerGR2RGB,
    'grbg': cv2.COLOR_BayerGB2RGB,
}
_COLOR_CONVERSIONS: dict[str, tuple[int, Callable[[Image], Image]]] = {
    'rgb': (3, np.ascontiguousarray),
    'bgr': (3, _convert(cv2.COLOR_BGR2RGB)),
    'rgba': (4, _convert(cv2.COLOR_RGBA2RGB)),
    'bgra': (4, _convert(cv2.COLOR_BGRA2RGB)),
    'mono': (1, _convert(cv2.COLOR_GRAY2RGB)),
}
_UYVY, _YUYV = _yuv422(cv2.COLOR_YUV2RGB_UYVY), _yuv422(cv2.COLOR_YUV2RGB_YUY2)

ENCODINGS: dict[str, Encoding] = {
    **{f'{name}{8 * size}': _color(size, channels, convert)
       for name, (channels, convert) in _COLOR_CONVERSIONS.items() for size in (1, 2)},
    **{f'bayer_{pattern}{8 * size}': _bayer(size, code)
       for pattern, code in _BAYER_CODES.items() for size in (1, 2)},
    'uyvy': _UYVY,
    'yuv422': _UYVY,
    'yuyv': _YUYV,
    'yuv422_yuy2': _YUYV,
    '8UC1': _color(1, *_COLOR_CONVERSIONS['mono']),
    '8UC3': _color(1, *_COLOR_CONVERSIONS['bgr']),
    '16UC1': _color(2, *_COLOR_CONVERSIONS['mono']),
}


def to_rgb(data: Buffer, encoding: str, height: int, width: int, step: int,
           is_bigendian: bool = False) -> Image:
    """Return the pixels of a sensor_msgs/Image as RGB.

    Samples of 16 bits keep their high byte. The result is (height, width, 3) uint8, contiguous,
    and for an unpadded rgb8 image it shares the memory of `data`. Raises FrameError for an
    unknown encoding and for sizes that contradict each other.
    """
    described = ENCODINGS.get(encoding)
    if described is None:
        raise FrameError(f'encoding {encoding!r} is not an image that odometry can use; '
                         f'allowed: {", ".join(ENCODINGS)}.')
    _check_size(described, encoding, height, width)
    row_bytes = width * described.channels * described.sample_bytes
    rows = rows_of(data, encoding, height, width, step, row_bytes)
    samples = rows.reshape(height, width, described.channels, described.sample_bytes)
    pixels = samples[..., 0 if is_bigendian else described.sample_bytes - 1]
    return described.to_rgb(pixels[..., 0] if described.channels == 1 else pixels)


def _check_size(described: Encoding, encoding: str, height: int, width: int) -> None:
    smallest = described.minimum_side
    if min(width, height) < smallest or width % described.width_multiple:
        multiple = f' and the width a multiple of {described.width_multiple}' \
            if described.width_multiple > 1 else ''
        raise FrameError(f'image is {width}x{height} px; for {encoding} both sides must be at '
                         f'least {smallest}{multiple}. Check the camera driver.')


def rows_of(data: Buffer, encoding: str, height: int, width: int, step: int,
            row_bytes: int) -> Image:
    """Return the bytes of a sensor_msgs/Image, (height, row_bytes), without their padding.

    A view of `data`. Raises FrameError for sizes that contradict each other.
    """
    buffer = np.frombuffer(data, np.uint8)
    if step < row_bytes:
        raise FrameError(f'step is {step} bytes; {width} px of {encoding} need at least '
                         f'{row_bytes}. Check the camera driver.')
    if buffer.size < step * height:
        raise FrameError(f'data holds {buffer.size} bytes; step {step} times height {height} '
                         f'needs {step * height}. The message is truncated: check the camera '
                         'driver.')
    return buffer[:step * height].reshape(height, step)[:, :row_bytes]


def decompress_rgb(data: Buffer) -> Image:
    """Return the pixels of a compressed image (JPEG, PNG or what else OpenCV reads) as RGB.

    The result is (height, width, 3) uint8. Raises FrameError for data that cannot be decoded or
    that breaks off.
    """
    raw = bytes(data)
    if raw.startswith(JPEG_START) and JPEG_END not in raw:
        raise FrameError(f'compressed image of {len(raw)} bytes has no end marker; a JPEG must be '
                         'complete. Check the link to the camera.')
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    bgr = unpacked(raw, flags)
    if bgr is None:
        raise FrameError(f'compressed image of {len(raw)} bytes (starts with {raw[:4]!r}) cannot '
                         'be decoded; allowed: complete JPEG or PNG data. '
                         'Check the camera driver.')
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def unpacked(data: bytes, flags: int) -> NDArray[Any] | None:
    """Return the picture that OpenCV finds in data; None where it finds none.

    Raises FrameError for one that OpenCV refuses, such as one with too many pixels.
    """
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error as error:
        raise FrameError(
            f'compressed image of {len(data)} bytes is refused ({error.err}); it may have too '
            'many pixels, see OPENCV_IO_MAX_IMAGE_PIXELS. Check its publisher.') from error
