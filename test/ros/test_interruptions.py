# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stream that breaks off, changes its size or its clock: the odometry goes on where it was."""

from camera_process import CameraProcess
import cv2
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from odom_steps import is_finite
from peer import NANOSECONDS, Peer, PERIOD_NS
import pytest

from anycam_ros.msg import Status

Picture = NDArray[np.uint8]
START_NS = 100 * NANOSECONDS


def test_odometry_goes_on_where_it_was_when_the_image_size_changes(
        node: NodeProcess, peer: Peer, clip: list[Picture]) -> None:
    last = peer.play(clip, START_NS)[-1]
    end = peer.wait_for_output('odom', START_NS + (len(clip) - 1) * PERIOD_NS)
    start_ns = START_NS + len(clip) * PERIOD_NS
    smaller = [cv2.resize(picture, (256, 192)) for picture in clip[:4]]
    statuses = peer.play([picture.astype(np.uint8) for picture in smaller], start_ns)
    assert statuses[-1].frames_rejected == last.frames_rejected
    assert statuses[0].state == Status.INITIALIZING
    assert '320x240 to 256x192' in statuses[0].reason
    node.wait_for_log('320x240 to 256x192')
    assert_same_place(end, peer.wait_for_output('odom', start_ns + PERIOD_NS))
    assert peer.wait_for_output('estimated/camera_info', start_ns + PERIOD_NS).width == 256


@pytest.mark.usefixtures('node')
def test_odometry_goes_on_where_it_was_when_the_clock_is_set_back(
        peer: Peer, clip: list[Picture]) -> None:
    peer.play(clip, START_NS)
    end = peer.wait_for_output('odom', START_NS + (len(clip) - 1) * PERIOD_NS)
    start_ns = START_NS - 10 * NANOSECONDS
    statuses = peer.play(clip[:3], start_ns)
    assert 'jumped back by 10' in statuses[0].reason
    assert_same_place(end, peer.wait_for_output('odom', start_ns + PERIOD_NS))


def test_odometry_goes_on_after_the_camera_driver_was_killed(
        node: NodeProcess, peer: Peer) -> None:
    """A process killed by kill -9 does not leave the graph: its publisher seems to be there."""
    peer.stop_images()
    with CameraProcess():
        wait_for_state(peer, Status.TRACKING)
    received = peer.statuses[-1].frames_received
    wait_for_state(peer, Status.LOST)
    assert peer.statuses[-1].cause == Status.CAUSE_NO_IMAGE
    with CameraProcess():
        peer.wait_for(lambda: peer.statuses[-1].frames_received > received, 60, 'image')
        wait_for_state(peer, Status.TRACKING)
    assert all(is_finite(message) for message in peer.received['odom'].values())
    assert node.is_alive


def wait_for_state(peer: Peer, state: int) -> None:
    peer.wait_for(lambda: peer.statuses[-1].state == state, 60, f'state {state}')


def assert_same_place(one: object, other: object) -> None:
    """Assert that two odometry messages differ by no more than a step between frames."""
    here, there = (message.pose.pose.position for message in (one, other))  # type: ignore[attr-defined]
    assert abs(here.x - there.x) + abs(here.y - there.y) + abs(here.z - there.z) < 0.05
    p, q = (message.pose.pose.orientation for message in (one, other))  # type: ignore[attr-defined]
    assert abs(p.x * q.x + p.y * q.y + p.z * q.z + p.w * q.w) > np.cos(np.radians(1))
