# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A few bytes that claim to be a large picture."""

import struct
import zlib

import cv2
import numpy as np

SIZE, CHECKSUM = slice(16, 24), slice(29, 33)     # in a PNG, whose first chunk is the header
HEADER = slice(12, 29)


def png_that_claims(side_px: int) -> bytes:
    """Return a PNG of 4 x 4 px whose header says that it has so many along each side."""
    data = bytearray(cv2.imencode('.png', np.zeros((4, 4), np.uint16))[1].tobytes())
    data[SIZE] = struct.pack('>II', side_px, side_px)
    data[CHECKSUM] = struct.pack('>I', zlib.crc32(data[HEADER]))
    return bytes(data)
