# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is no frame is refused with one clear message; the node lives and goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import re

import cv2
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS
import pytest
from sensor_msgs.msg import Image

from anycam_ros.msg import Status

Picture = NDArray[np.uint8]
START_NS = 100 * NANOSECONDS


@dataclass(frozen=True)
class BadImage:
    """Make an image that the node must refuse, and say what it must complain of."""

    message: Callable[[Picture, int], Image]   # from a good picture and the next stamp
    complaint: str


def changed(picture: Picture, stamp_ns: int, **fields: object) -> Image:
    message = image_message(header_at(stamp_ns), picture)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def resized(picture: Picture, stamp_ns: int, width: int, height: int) -> Image:
    return image_message(header_at(stamp_ns), cv2.resize(picture, (width, height)))


BAD_IMAGES = {
    'unknown encoding': BadImage(
        lambda picture, stamp: changed(picture, stamp, encoding='xyz8'), 'xyz8.*allowed: .*rgb8'),
    'floating point with NaN': BadImage(
        lambda picture, stamp: image_message(
            header_at(stamp), np.full(picture.shape[:2], np.nan, np.float32).view(np.uint8),
            '32FC1', width=picture.shape[1]), '32FC1.*allowed'),
    'too small': BadImage(
        lambda picture, stamp: resized(picture, stamp, 63, 64), '63x64 px.*64 px.*larger'),
    'no pixels': BadImage(
        lambda picture, stamp: changed(picture, stamp, width=0, height=0, step=0, data=[]),
        '0x0 px.*at least'),
    'no data': BadImage(
        lambda picture, stamp: changed(picture, stamp, data=[]), 'data holds 0 bytes.*230400'),
    'truncated data': BadImage(
        lambda picture, stamp: changed(picture, stamp, data=[7] * 1000),
        'data holds 1000 bytes.*step 960 times height 240 needs 230400'),
    'step too short': BadImage(
        lambda picture, stamp: changed(picture, stamp, step=959), 'step is 959.*960'),
    'stamp repeated': BadImage(
        lambda picture, stamp: changed(picture, stamp - PERIOD_NS), 'stamp'),
    'stamp out of order': BadImage(
        lambda picture, stamp: changed(picture, stamp - 2 * PERIOD_NS), 'stamp'),
    'stamp before the epoch': BadImage(
        lambda picture, _: changed(picture, -5 * NANOSECONDS), 'stamp is -5.*not be negative'),
    'no frame': BadImage(
        lambda picture, stamp: image_message(header_at(stamp, ''), picture), "frame_id.*''"),
    'frame is odom': BadImage(
        lambda picture, stamp: image_message(header_at(stamp, 'odom'), picture),
        "frame_id.*'odom'"),
}


@pytest.fixture(scope='module')
def tracking() -> Iterator[tuple[NodeProcess, Peer]]:
    with Peer() as peer, NodeProcess() as node:
        peer.wait_until_connected()
        yield node, peer


@pytest.mark.parametrize('name', BAD_IMAGES)
def test_bad_image_is_refused_and_the_next_good_one_is_tracked(
        name: str, tracking: tuple[NodeProcess, Peer], clip: list[Picture]) -> None:
    node, peer = tracking
    bad = BAD_IMAGES[name]
    start_ns = START_NS * (1 + list(BAD_IMAGES).index(name))
    before = peer.play(clip[:3], start_ns)[-1]
    status = peer.send(bad.message(clip[3], start_ns + 3 * PERIOD_NS))
    assert status.frames_rejected == before.frames_rejected + 1
    assert status.frames_processed == before.frames_processed
    assert re.search(bad.complaint, status.last_rejection), status.last_rejection
    assert status.last_rejection in status.reason
    # The log does not repeat a message that differs only in its numbers.
    kind = re.escape(status.last_rejection)
    node.wait_for_log(re.sub(r'\d+', r'\\d+', kind))
    after = peer.play(clip[3:5], start_ns + 4 * PERIOD_NS)[-1]
    assert after.frames_processed == before.frames_processed + 2
    peer.wait_for_output('odom', start_ns + 5 * PERIOD_NS)
    refused_ns = start_ns + 3 * PERIOD_NS
    assert all(refused_ns not in peer.received[topic]
               for topic in ('odom', '/tf', 'motion_mask', 'estimated/camera_info'))


def test_all_in_one_run(tracking: tuple[NodeProcess, Peer], clip: list[Picture]) -> None:
    _, peer = tracking
    stamp_ns = START_NS * (2 + len(BAD_IMAGES))
    before = peer.play(clip[:2], stamp_ns)[-1]
    for index, bad in enumerate(BAD_IMAGES.values()):
        stamp_ns += 2 * PERIOD_NS
        peer.send(bad.message(clip[index], stamp_ns))
        status = peer.send(image_message(header_at(stamp_ns + PERIOD_NS), clip[index + 2]))
    assert status.frames_received == before.frames_received + 2 * len(BAD_IMAGES)
    assert status.frames_rejected == before.frames_rejected + len(BAD_IMAGES)
    assert status.frames_processed == before.frames_processed + len(BAD_IMAGES)
    assert status.state != Status.LOST


def test_message_is_not_repeated_for_each_frame(
        tracking: tuple[NodeProcess, Peer], clip: list[Picture]) -> None:
    node, peer = tracking
    for index in range(20):
        peer.send(changed(clip[0], START_NS + index * PERIOD_NS, encoding='other8'))
    assert node.log.count('other8') == 1
