# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An image gives the same odometry in whatever encoding it comes."""

from collections.abc import Callable

from compressed_bomb import png_that_claims
import cv2
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS, pose_matrix
import pytest
from sensor_msgs.msg import CompressedImage

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Encoder = Callable[[Pixels], Pixels]
FRAMES = 16
JPEG = cv2.imencode('.jpg', np.random.default_rng(0).integers(0, 256, (96, 96, 3)))[1].tobytes()


def grey(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def sixteen_bit(rgb: Pixels, order: str) -> Pixels:
    return (grey(rgb).astype(np.uint16) << 8 | 0x37).astype(f'{order}u2').view(np.uint8)


def with_alpha(pixels: Pixels) -> Pixels:
    return np.dstack((pixels, np.full(pixels.shape[:2], 9, np.uint8)))


def padded(rgb: Pixels) -> Pixels:
    rows = rgb.reshape(rgb.shape[0], -1)
    return np.pad(rows, ((0, 0), (0, 32)), constant_values=0xEE)


def bayer(pattern: str) -> Encoder:
    channels = ['rgb'.index(colour) for colour in pattern]

    def mosaic(rgb: Pixels) -> Pixels:
        out = np.empty(rgb.shape[:2], np.uint8)
        for index, channel in enumerate(channels):
            row, column = divmod(index, 2)
            out[row::2, column::2] = rgb[row::2, column::2, channel]
        return out
    return mosaic


def yuv422(order: str) -> Encoder:
    def pack(rgb: Pixels) -> Pixels:
        """Pack by ITU-R BT.601, limited range, two pixels sharing their colour."""
        red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
        values = {
            'y': 16 + 0.2568 * red + 0.5041 * green + 0.0979 * blue,
            'u': 128 - 0.1482 * red - 0.2910 * green + 0.4392 * blue,
            'v': 128 + 0.4392 * red - 0.3678 * green - 0.0714 * blue}
        out = np.empty((*rgb.shape[:2], 2))
        out[..., order.index('y') % 2] = values['y']
        colour = 1 - order.index('y') % 2
        for name in 'uv':
            out[:, order.index(name) // 2::2, colour] = 0.5 * (
                values[name][:, ::2] + values[name][:, 1::2])
        return np.clip(out + 0.5, 0, 255).astype(np.uint8)
    return pack


PLAIN = {'rgb8': ('rgb8', lambda rgb: rgb, False)}
EXACT: dict[str, tuple[str, Encoder, bool]] = {
    'bgr8': ('bgr8', lambda rgb: rgb[..., ::-1], False),
    'rgba8': ('rgba8', with_alpha, False),
    'bgra8': ('bgra8', lambda rgb: with_alpha(rgb[..., ::-1]), False),
    'mono8': ('mono8', grey, False),
    'mono16': ('mono16', lambda rgb: sixteen_bit(rgb, '<'), False),
    'mono16, big-endian': ('mono16', lambda rgb: sixteen_bit(rgb, '>'), True),
    'rgb8, padded rows': ('rgb8', padded, False),
}
LOSSY: dict[str, tuple[str, Encoder, bool]] = {
    **{f'bayer_{pattern}8': (f'bayer_{pattern}8', bayer(pattern), False)
       for pattern in ('rggb', 'bggr', 'gbrg', 'grbg')},
    'yuv422': ('yuv422', yuv422('uyvy'), False),
    'yuv422_yuy2': ('yuv422_yuy2', yuv422('yuyv'), False),
}


@pytest.fixture(scope='module')
def motions(clip: list[Pixels]) -> dict[str, Matrix]:
    """Return (N, 4, 4) poses since the second frame, of the same clip in each encoding.

    The clock set back before each clip makes the node start anew.
    """
    results = {}
    with Peer() as peer, NodeProcess():
        peer.wait_until_connected()
        encodings = PLAIN | EXACT | LOSSY
        for index, (name, (encoding, encode, is_bigendian)) in enumerate(encodings.items()):
            start_ns = (1000 - 10 * index) * NANOSECONDS
            stamps = [start_ns + frame * PERIOD_NS for frame in range(FRAMES)]
            for stamp, rgb in zip(stamps, clip, strict=False):
                status = peer.send(image_message(
                    header_at(stamp), encode(rgb), encoding, width=rgb.shape[1],
                    is_bigendian=is_bigendian))
                assert status.frames_rejected == 0, status.last_rejection
            results[name] = relative_poses(peer, stamps)
    return results


@pytest.mark.parametrize('name', EXACT)
def test_encoding_with_the_same_brightness_gives_the_same_poses(
        name: str, motions: dict[str, Matrix]) -> None:
    np.testing.assert_allclose(motions[name], motions['rgb8'], atol=1e-9)


@pytest.mark.parametrize('name', LOSSY)
def test_encoding_with_less_colour_gives_nearly_the_same_poses(
        name: str, motions: dict[str, Matrix]) -> None:
    assert_nearly_the_same(motions[name], motions['rgb8'])


def test_compressed_images_give_the_same_poses_as_far_as_they_keep_the_pixels(
        clip: list[Pixels], motions: dict[str, Matrix]) -> None:
    parameters = ['image_transport:=compressed']
    results = {}
    with Peer(image_type=CompressedImage, image_topic='image/compressed') as peer, \
            NodeProcess(parameters=parameters):
        peer.wait_until_connected()
        for start_ns, suffix in ((200 * NANOSECONDS, 'png'), (100 * NANOSECONDS, 'jpg')):
            stamps = [start_ns + frame * PERIOD_NS for frame in range(FRAMES)]
            for stamp, rgb in zip(stamps, clip, strict=False):
                data = cv2.imencode(f'.{suffix}', rgb[..., ::-1])[1].tobytes()
                peer.send(CompressedImage(header=header_at(stamp), format=suffix, data=data))
            results[suffix] = relative_poses(peer, stamps)
    np.testing.assert_allclose(results['png'], motions['rgb8'], atol=1e-9)
    assert_nearly_the_same(results['jpg'], motions['rgb8'])


@pytest.mark.parametrize(('data', 'complaint'), [
    (b'', '0 bytes'), (b'no picture', '10 bytes'), (JPEG[:len(JPEG) // 2], 'end marker'),
    (png_that_claims(9000), 'OPENCV_IO_MAX_IMAGE_PIXELS')])
def test_compressed_data_that_is_no_picture_is_refused(data: bytes, complaint: str) -> None:
    with Peer(image_type=CompressedImage, image_topic='image/compressed') as peer, \
            NodeProcess(parameters=['image_transport:=compressed']):
        peer.wait_until_connected()
        status = peer.send(CompressedImage(
            header=header_at(NANOSECONDS), format='jpeg', data=data))
    assert status.frames_rejected == 1
    assert complaint in status.last_rejection


def relative_poses(peer: Peer, stamps: list[int]) -> Matrix:
    """Return (N, 4, 4) poses since the second frame; the first has none."""
    poses = np.array([pose_matrix(peer.wait_for_output('odom', stamp)) for stamp in stamps[1:]])
    return np.asarray(np.linalg.inv(poses[0]) @ poses)


def assert_nearly_the_same(motion: Matrix, expected: Matrix) -> None:
    """Assert equal rotations and direction of travel; the unit of length may differ a little."""
    traces = np.einsum('nij,nij->n', motion[:, :3, :3], expected[:, :3, :3])
    assert np.degrees(np.arccos(((traces - 1) / 2).clip(-1, 1))).max() < 1
    end, expected_end = motion[-1, :3, 3], expected[-1, :3, 3]
    length, expected_length = np.linalg.norm(end), np.linalg.norm(expected_end)
    assert end @ expected_end / (length * expected_length) > np.cos(np.radians(10))
    assert 0.5 < length / expected_length < 2
