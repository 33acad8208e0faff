# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images as ROS and files carry them, to metres (REP-118)."""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import FrameError
from anycam_ros.messages.image import Buffer, rows_of, unpacked

Depth = NDArray[np.float32]

# Type of a sample, and metres per unit.
DEPTH_ENCODINGS = {'16UC1': (np.uint16, 1e-3), 'mono16': (np.uint16, 1e-3),
                   '32FC1': (np.float32, 1.0)}
# compressedDepth puts this before its PNG: a format, and the coefficients of the quantisation.
_COMPRESSED_HEADER = struct.Struct('<iff')


def to_depth_m(data: Buffer, encoding: str, height: int, width: int, step: int,
               is_bigendian: bool = False) -> Depth:
    """Return the pixels of a sensor_msgs/Image as depth (height, width), metres.

    0, NaN and infinity mean unknown. Raises FrameError for an encoding that is no depth and for
    sizes that contradict each other.
    """
    sample, unit_m = _described(encoding)
    dtype = np.dtype(sample).newbyteorder('>' if is_bigendian else '<')
    rows = rows_of(data, encoding, height, width, step, width * dtype.itemsize)
    samples = np.ascontiguousarray(rows).view(dtype)
    return np.asarray(samples * np.float32(unit_m), np.float32)


def decompress_depth_m(data: Buffer, description: str) -> Depth:
    """Return a compressedDepth image (compressed_depth_image_transport) as depth, metres.

    description is the format of the message, such as '16UC1; compressedDepth png'. 0, NaN and
    infinity mean unknown. Raises FrameError for what cannot be decoded.
    """
    encoding = description.partition(';')[0].strip()
    sample, unit_m = _described(encoding)
    raw = bytes(data)
    if 'rvl' in description.lower():
        raise FrameError(f'compressed depth is {description!r}; allowed: compressedDepth as PNG. '
                         'Set the format of the depth publisher to png.')
    samples = decode_depth_png(raw[_COMPRESSED_HEADER.size:])
    if sample is np.uint16:
        return np.asarray(samples * np.float32(unit_m), np.float32)
    _, scale, offset = _COMPRESSED_HEADER.unpack_from(raw)
    with np.errstate(divide='ignore'):
        depth_m = np.float32(scale) / (samples - np.float32(offset))
    return np.asarray(np.where(samples > 0, depth_m, np.nan), np.float32)


def decode_depth_png(data: bytes) -> NDArray[np.uint16]:
    """Return the samples of a PNG of 16 bits. Raises FrameError for anything else."""
    image = unpacked(data, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise FrameError(f'depth image of {len(data)} bytes (starts with {data[:4]!r}) cannot be '
                         'decoded; it must be a complete PNG of 16 bits.')
    if image.dtype != np.uint16 or image.ndim != 2:
        raise FrameError(f'depth image is {image.shape} {image.dtype}; it must be a PNG of 16 '
                         'bits with one channel.')
    return np.asarray(image, np.uint16)


def _described(encoding: str) -> tuple[type, float]:
    if encoding not in DEPTH_ENCODINGS:
        raise FrameError(f'encoding {encoding!r} of the depth image is no depth; allowed: 16UC1 '
                         'or mono16 (millimetres), 32FC1 (metres). Choose the topic with depth, '
                         'not the one that shows it in colours.')
    return DEPTH_ENCODINGS[encoding]
