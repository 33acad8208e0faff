# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image bytes of every encoding turn into the colours they stand for."""

import array

from compressed_bomb import png_that_claims
import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.errors import FrameError
from anycam_ros.messages.image import decompress_rgb, ENCODINGS, to_rgb

HEIGHT, WIDTH = 6, 8
BAYER_CHANNELS = {'rggb': (0, 1, 1, 2), 'bggr': (2, 1, 1, 0), 'gbrg': (1, 2, 0, 1),
                  'grbg': (1, 0, 2, 1)}
ORDERS = {'rgb': [0, 1, 2], 'bgr': [2, 1, 0], 'rgba': [0, 1, 2, 3], 'bgra': [2, 1, 0, 3]}


def random_rgb() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def as_samples(high: NDArray[np.uint8], bits: int, big: bool) -> NDArray[np.uint8]:
    """Return the bytes (H, row bytes) of samples whose high byte is given."""
    rows = high.reshape(high.shape[0], -1)
    if bits == 8:
        return rows
    wide = rows.astype(np.uint16) << 8 | 0x5A
    return wide.astype('>u2' if big else '<u2').view(np.uint8)


def convert(rows: NDArray[np.uint8], encoding: str, width: int = WIDTH, padding: int = 0,
            big: bool = False) -> NDArray[np.uint8]:
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xEE)
    height, step = padded.shape
    return to_rgb(padded.tobytes(), encoding, height, width, step, big)


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('name', ORDERS)
def test_colour_channels_arrive_in_order(name: str, bits: int, padding: int, big: bool) -> None:
    rgb = random_rgb()
    samples = np.dstack((rgb, np.full((HEIGHT, WIDTH), 7, np.uint8)))[..., ORDERS[name]]
    out = convert(as_samples(samples, bits, big), f'{name}{bits}', padding=padding, big=big)
    np.testing.assert_array_equal(out, rgb)


@pytest.mark.parametrize(('encoding', 'bits', 'big'), [
    ('mono8', 8, False), ('8UC1', 8, False), ('mono16', 16, False), ('mono16', 16, True),
    ('16UC1', 16, False)])
def test_grey_is_repeated_in_three_channels(encoding: str, bits: int, big: bool) -> None:
    grey = random_rgb()[..., 0]
    out = convert(as_samples(grey, bits, big), encoding, padding=3, big=big)
    np.testing.assert_array_equal(out, np.dstack([grey] * 3))


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('pattern', BAYER_CHANNELS)
def test_bayer_mosaic_of_one_colour_gives_this_colour(
        pattern: str, bits: int, big: bool) -> None:
    colour = np.array([200, 120, 40], np.uint8)
    tile = colour[list(BAYER_CHANNELS[pattern])].reshape(2, 2)
    mosaic = np.tile(tile, (HEIGHT // 2, WIDTH // 2))
    out = convert(as_samples(mosaic, bits, big), f'bayer_{pattern}{bits}', padding=2, big=big)
    np.testing.assert_array_equal(out, np.broadcast_to(colour, out.shape))


@pytest.mark.parametrize(('encoding', 'order'), [
    ('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')])
def test_yuv422_of_one_colour_gives_this_colour(encoding: str, order: str) -> None:
    # BT.601 with studio swing, as cameras send it: red is Y 81, U 90, V 240.
    yuv = {'y': 81, 'u': 90, 'v': 240}
    row = np.array([yuv[letter] for letter in order] * (WIDTH // 2), np.uint8)
    out = convert(np.tile(row, (HEIGHT, 1)), encoding, padding=4)
    np.testing.assert_allclose(out, np.broadcast_to([255, 0, 0], out.shape), atol=2)


def test_unpadded_rgb8_is_not_copied() -> None:
    data = array.array('B', random_rgb().tobytes())
    out = to_rgb(memoryview(data), 'rgb8', HEIGHT, WIDTH, WIDTH * 3)
    data[0] ^= 0xFF
    assert out[0, 0, 0] == data[0]


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding_returns_contiguous_rgb(encoding: str) -> None:
    described = ENCODINGS[encoding]
    step = WIDTH * described.channels * described.sample_bytes + 1
    out = to_rgb(bytes(step * HEIGHT), encoding, HEIGHT, WIDTH, step)
    assert out.shape == (HEIGHT, WIDTH, 3)
    assert out.dtype == np.uint8
    assert out.flags.c_contiguous


@pytest.mark.parametrize(('arguments', 'message'), [
    ((bytes(48), '32FC1', 2, 8, 24), "encoding '32FC1'.*allowed: rgb8"),
    ((bytes(47), 'rgb8', 2, 8, 24), 'holds 47 bytes; step 24 times height 2 needs 48'),
    ((b'', 'rgb8', 2, 8, 24), 'holds 0 bytes'),
    ((bytes(48), 'rgb8', 2, 8, 23), 'step is 23 bytes.*at least 24'),
    ((b'', 'mono8', 0, 8, 8), 'image is 8x0 px'),
    ((bytes(28), 'yuv422', 2, 7, 14), 'width a multiple of 2'),
    ((bytes(8), 'bayer_rggb8', 1, 8, 8), 'at least 2'),
])
def test_contradicting_messages_are_refused(
        arguments: tuple[bytes, str, int, int, int], message: str) -> None:
    with pytest.raises(FrameError, match=message):
        to_rgb(*arguments)


@pytest.mark.parametrize(('suffix', 'tolerance'), [('.png', 0), ('.jpg', 3)])
def test_compressed_colours_arrive_in_order(suffix: str, tolerance: int) -> None:
    rgb = np.broadcast_to(np.array([200, 120, 40], np.uint8), (64, 64, 3))
    _, encoded = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]))
    np.testing.assert_allclose(decompress_rgb(encoded.tobytes()), rgb, atol=tolerance)


@pytest.mark.parametrize('cut', [0, 1, 2, 40])
def test_compressed_data_that_breaks_off_is_refused(cut: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    encoded = cv2.imencode('.jpg', noise)[1].tobytes()
    data = encoded[:-cut] if cut else b''
    with pytest.raises(FrameError, match=f'compressed image of {len(data)} bytes'):
        decompress_rgb(data)


def test_compressed_nonsense_is_refused() -> None:
    with pytest.raises(FrameError, match=r"starts with b'nons'.*allowed"):
        decompress_rgb(b'nonsense')


def test_compressed_image_with_too_many_pixels_is_refused() -> None:
    with pytest.raises(FrameError, match=r'is refused .*OPENCV_IO_MAX_IMAGE_PIXELS'):
        decompress_rgb(png_that_claims(40_000))
