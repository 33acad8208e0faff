# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth of every encoding turns into metres; what is no depth is refused."""

import struct

from compressed_bomb import png_that_claims
import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.errors import FrameError
from anycam_ros.messages.depth import decompress_depth_m, to_depth_m

HEIGHT, WIDTH = 5, 7
DEPTH_MM = np.random.default_rng(0).integers(1, 60_000, (HEIGHT, WIDTH), np.uint16)
DEPTH_MM[2, 3] = 0
DEPTH_M = np.float32(DEPTH_MM / 1000)


def convert(samples: NDArray[np.generic], encoding: str, padding: int = 0,
            big: bool = False) -> NDArray[np.float32]:
    swapped = samples.astype(samples.dtype.newbyteorder('>' if big else '<'))
    rows = np.pad(swapped.view(np.uint8), ((0, 0), (0, padding)), constant_values=0xEE)
    return to_depth_m(rows.tobytes(), encoding, HEIGHT, WIDTH, rows.shape[1], big)


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize(('samples', 'encoding'), [
    (DEPTH_MM, '16UC1'), (DEPTH_MM, 'mono16'), (DEPTH_M, '32FC1')])
def test_metres_come_out(samples: NDArray[np.generic], encoding: str, big: bool,
                         padding: int) -> None:
    depth = convert(samples, encoding, padding, big)
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, DEPTH_M, rtol=1e-6)


def test_unknown_depth_stays_unknown() -> None:
    depth = convert(np.array([[np.nan, np.inf] * 3 + [0]] * HEIGHT, np.float32), '32FC1')
    assert not (np.isfinite(depth) & (depth > 0)).any()


def compressed(samples: NDArray[np.uint16], scale: float = 0.0, offset: float = 0.0) -> bytes:
    return struct.pack('<iff', 0, scale, offset) + cv2.imencode('.png', samples)[1].tobytes()


def test_compressed_millimetres() -> None:
    depth = decompress_depth_m(compressed(DEPTH_MM), '16UC1; compressedDepth png')
    np.testing.assert_allclose(depth, DEPTH_M, rtol=1e-6)


def test_compressed_metres_are_quantised_inverse_depth() -> None:
    """As compressed_depth_image_transport writes it with depth_quantization 100, depth_max 10."""
    scale = 100.0 * 101.0
    offset = 1.0 - scale / 10.0
    depth = np.linspace(0.3, 9.9, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    samples = (scale / depth + offset).astype(np.uint16)
    samples[1, 1] = 0
    found = decompress_depth_m(compressed(samples, scale, offset), '32FC1; compressedDepth png')
    assert np.isnan(found[1, 1])
    found[1, 1] = depth[1, 1]
    np.testing.assert_allclose(found, depth, rtol=0.01)


@pytest.mark.parametrize(('arguments', 'message'), [
    ((b'', 'rgb8', 4, 4, 12), "'rgb8' of the depth image is no depth; allowed: 16UC1"),
    ((b'\0' * 30, '16UC1', 4, 4, 8), 'data holds 30 bytes; step 8 times height 4 needs 32'),
    ((b'\0' * 64, '32FC1', 4, 4, 8), 'step is 8 bytes; 4 px of 32FC1 need at least 16')])
def test_contradicting_message_is_refused(arguments: tuple, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        to_depth_m(*arguments)


@pytest.mark.parametrize(('data', 'description', 'message'), [
    (compressed(DEPTH_MM)[:40], '16UC1; compressedDepth png', 'cannot be decoded'),
    (b'', '16UC1; compressedDepth png', 'of 0 bytes'),
    (compressed(DEPTH_MM), '16UC1; compressedDepth rvl', 'publisher to png'),
    (b'\0' * 12 + png_that_claims(40_000), '16UC1; compressedDepth png', 'is refused'),
    (compressed(DEPTH_MM), 'jpeg', "'jpeg' of the depth image is no depth"),
    (compressed(DEPTH_MM.astype(np.uint8)), '16UC1; compressedDepth', 'uint8; .*16 bits')])
def test_unusable_compressed_depth_is_refused(data: bytes, description: str,
                                              message: str) -> None:
    with pytest.raises(FrameError, match=message):
        decompress_depth_m(data, description)
