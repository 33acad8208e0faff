# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""With depth: topic, images and depth find each other by their stamps, and no image waits long."""

from array import array
from collections.abc import Iterator
import struct
import time
from typing import Any

import cv2
from depth_camera import Depth, DepthCamera, metres, RgbdClip
from node_process import NodeProcess
import numpy as np
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS
import pytest
from sensor_msgs.msg import CompressedImage, Image

from anycam_ros.simulation.rendered_scene import RenderedScene

START_NS = 100 * NANOSECONDS


@pytest.fixture(scope='module')
def rgbd(scene: RenderedScene) -> RgbdClip:
    """Return the first frames of the scene with their depth, 1 m of which is missing."""
    frames = [scene.frame(index) for index in range(16)]
    return [(frame.image_rgb, np.where(frame.depth_m < 1, np.nan, frame.depth_m))
            for frame in frames]


def millimetres(stamp_ns: int, depth_m: Depth) -> Image:
    rows = np.nan_to_num(1000 * depth_m).astype(np.uint16).view(np.uint8)
    return image_message(header_at(stamp_ns), rows, '16UC1', width=depth_m.shape[1])


def compressed(stamp_ns: int, depth_m: Depth) -> CompressedImage:
    png = cv2.imencode('.png', np.nan_to_num(1000 * depth_m).astype(np.uint16))[1].tobytes()
    return CompressedImage(header=header_at(stamp_ns), format='16UC1; compressedDepth png',
                           data=array('B', struct.pack('<iff', 0, 0.0, 0.0) + png))


@pytest.fixture(scope='module')
def camera(rgbd: RgbdClip) -> Iterator[tuple[NodeProcess, DepthCamera]]:
    """Return a node that takes depth in, and the camera that it listens to."""
    with Peer() as peer, NodeProcess(parameters=['depth:=topic']) as node:
        depth_camera = DepthCamera(peer)
        peer.wait_until_connected()
        depth_camera.wait_until_connected()
        depth_camera.introduce(rgbd)
        yield node, depth_camera


@pytest.fixture
def start_ns(camera: tuple[NodeProcess, DepthCamera]) -> int:
    """Return a time after all that was sent so far."""
    newest = camera[1].peer.statuses[-1].header.stamp.sec
    return (newest + 100) * NANOSECONDS


@pytest.mark.parametrize('message', [metres, millimetres])
@pytest.mark.parametrize('depth_first', [True, False])
def test_depth_finds_its_image_whichever_comes_first(
        camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip, start_ns: int, message: Any,  # noqa: ANN401
        depth_first: bool) -> None:
    _, depths = camera
    before = depths.peer.statuses[-1]
    depths.publish(message(start_ns - PERIOD_NS, rgbd[0][1]))   # depth that stopped is not awaited
    time.sleep(0.1)
    for index, (image, depth_m) in enumerate(rgbd[:6]):
        stamp_ns = start_ns + index * PERIOD_NS
        messages = [(depths.publish, message(stamp_ns, depth_m)),
                    (depths.peer.publish, image_message(header_at(stamp_ns), image))]
        for publish, content in messages if depth_first else reversed(messages):
            publish(content)
            time.sleep(0.01)
        depths.peer.wait_for(lambda at=stamp_ns: answered(depths.peer, at), 10, 'status')
    after = depths.peer.statuses[-1]
    assert after.frames_processed == before.frames_processed + 6
    assert after.frames_without_depth == before.frames_without_depth


def answered(peer: Peer, stamp_ns: int) -> bool:
    stamp = peer.statuses[-1].header.stamp
    return bool(stamp.sec * NANOSECONDS + stamp.nanosec == stamp_ns)


def test_lengths_are_metres(rgbd: RgbdClip) -> None:
    with Peer('/alone') as peer, NodeProcess('-r', '__ns:=/alone', parameters=[
            'depth:=topic', 'depth_transport:=compressedDepth']):
        depths = DepthCamera(peer, CompressedImage, 'depth/compressedDepth')
        peer.wait_until_connected()
        depths.wait_until_connected()
        for index, (image, depth_m) in enumerate(rgbd):
            stamp_ns = START_NS + index * PERIOD_NS
            depths.publish(compressed(stamp_ns, depth_m))
            time.sleep(0.02)
            status = peer.send(image_message(header_at(stamp_ns), image))
    assert status.frames_without_depth < len(rgbd) / 2
    assert status.scale_source == 'depth'


def test_image_without_depth_goes_on_and_is_counted(
        camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip, start_ns: int) -> None:
    """Depth stops: the images still come through, after one that says so without delay."""
    node, depths = camera
    before = depths.peer.statuses[-1]
    after = depths.peer.play([image for image, _ in rgbd[:4]], start_ns)[-1]
    assert after.frames_processed == before.frames_processed + 4
    assert after.frames_rejected == before.frames_rejected
    assert after.frames_without_depth == before.frames_without_depth + 4
    node.wait_for_log(r'image without depth: the newest depth image is \d+\.\d+ s older; '
                      'depth has stopped, or')


@pytest.mark.parametrize(('late_ns', 'word'), [(60_000_000, 'older'), (-60_000_000, 'newer')])
def test_stale_depth_is_not_used(camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip,
                                 start_ns: int, late_ns: int, word: str) -> None:
    node, depths = camera
    before = depths.peer.statuses[-1]
    depths.publish(metres(start_ns - late_ns, rgbd[0][1]))
    time.sleep(0.1)
    after = depths.peer.send(image_message(header_at(start_ns), rgbd[0][0]))
    assert after.frames_without_depth == before.frames_without_depth + 1
    assert after.frames_processed == before.frames_processed + 1
    # The log repeats what it warns of after some time only.
    node.wait_for_log(f'image without depth|0.060 s {word}')


@pytest.mark.parametrize(('change', 'complaint'), [
    (lambda depth: cv2.resize(depth, (160, 120)), 'depth is 160x120 px, the image 320x240 px'),
    (lambda depth: depth[:, :-2], 'depth is 318x240 px, the image 320x240 px')])
def test_depth_of_another_size_is_refused(
        camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip, start_ns: int, change: Any,  # noqa: ANN401
        complaint: str) -> None:
    _, depths = camera
    depths.publish(metres(start_ns, np.ascontiguousarray(change(rgbd[0][1]))))
    status = depths.peer.send(image_message(header_at(start_ns), rgbd[0][0]))
    assert complaint in status.last_rejection
    assert complaint in status.reason


def test_image_that_is_no_depth_is_refused(
        camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip, start_ns: int) -> None:
    _, depths = camera
    depths.publish(image_message(header_at(start_ns), rgbd[0][0]))
    status = depths.peer.send(image_message(header_at(start_ns), rgbd[0][0]))
    assert "'rgb8' of the depth image is no depth; allowed: 16UC1" in status.last_rejection


def test_millimetres_called_metres_are_warned_of(
        camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip, start_ns: int) -> None:
    node, depths = camera
    before = depths.peer.statuses[-1]
    depths.publish(metres(start_ns, 1000 * rgbd[0][1]))
    status = depths.peer.send(image_message(header_at(start_ns), rgbd[0][0]))
    assert status.frames_processed == before.frames_processed + 1
    node.wait_for_log(r'median depth is \d+ m, above 100 m; is the unit right')


def test_depth_of_another_camera_is_warned_of(
        camera: tuple[NodeProcess, DepthCamera], rgbd: RgbdClip, start_ns: int) -> None:
    node, depths = camera
    depths.publish(metres(start_ns, rgbd[0][1], 'depth_optical'))
    depths.peer.send(image_message(header_at(start_ns), rgbd[0][0]))
    node.wait_for_log("depth is in frame 'depth_optical', the image in 'camera_optical'")


def test_depth_that_never_comes_keeps_no_image_long(rgbd: RgbdClip) -> None:
    with Peer('/alone') as peer, NodeProcess('-r', '__ns:=/alone',
                                             parameters=['depth:=topic']) as node:
        peer.wait_until_connected()
        waits_s = []
        for image, _ in rgbd[:12]:
            started_s = time.time()
            message = image_message(header_at(round(started_s * NANOSECONDS)), image)
            status = peer.send(message)
            waits_s.append(time.time() - started_s - status.processing_ms / 1000)
        assert status.frames_processed == status.frames_without_depth == 12
        assert 0.05 < np.median(waits_s) < 0.2
        node.wait_for_log('image without depth: no publisher on /alone/depth')
