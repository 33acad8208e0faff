# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""While nothing comes in, the status says why; while no clock runs, it comes all the same."""

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, stamp_ns, STARTUP_S
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from anycam_ros.msg import Status

Clip = list[NDArray[np.uint8]]


def last_reason(peer: Peer, *parts: str) -> None:
    """Wait for a status whose reason has all the parts."""
    peer.wait_for(lambda: any(all(part in status.reason for part in parts)
                              for status in peer.statuses), STARTUP_S, f'status with {parts}')


def test_no_publisher_is_named_with_the_topics_that_could_be_meant() -> None:
    with Peer(image_topic='front/image_raw') as peer, NodeProcess() as node:
        last_reason(peer, 'no publisher on /image', '-r image:=/front/image_raw')
        node.wait_for_log('no publisher on /image')


def test_no_camera_at_all_is_said() -> None:
    with Peer(image_type=CameraInfo, image_topic='front/camera_info') as peer, NodeProcess():
        last_reason(peer, 'no publisher on /image', 'Start the camera driver')


def test_camera_of_another_transport_is_named_with_the_way_to_it() -> None:
    with Peer(image_type=CompressedImage, image_topic='front/compressed') as peer, NodeProcess():
        last_reason(peer, 'no publisher on /image', '-p image_transport:=compressed '
                    '-r image/compressed:=/front/compressed')


def test_topic_of_another_type_is_said() -> None:
    with Peer(image_type=CompressedImage, image_topic='image') as peer, NodeProcess():
        last_reason(peer, '/image carries sensor_msgs/msg/CompressedImage', 'image_transport')


def test_incompatible_qos_is_said() -> None:
    override = 'qos_overrides./image.subscription.reliability:=reliable'
    with Peer() as peer, NodeProcess(parameters=[override]):
        last_reason(peer, 'incompatible QoS', 'qos_overrides./image.subscription')


def test_publisher_with_other_qos_is_named_while_another_delivers(clip: Clip) -> None:
    override = 'qos_overrides./image.subscription.reliability:=reliable'
    with Peer() as peer, NodeProcess(parameters=[override]) as node:
        node.wait_for_log(r'a publisher of /image has incompatible QoS \(reliability\): no '
                          r'messages arrive from it. Set qos_overrides./image.subscription.'
                          'reliability')
        reliable = peer.node.create_publisher(Image, 'image', 5)
        peer.wait_for(lambda: reliable.get_subscription_count() > 0, 10, 'subscription')
        reliable.publish(image_message(header_at(NANOSECONDS), clip[0]))
        peer.wait_for(lambda: any(status.frames_processed for status in peer.statuses), 10,
                      'processed frame')


@pytest.mark.usefixtures('node')
def test_silent_publisher_is_said_and_what_was_tracked_is_lost(
        peer: Peer, clip: Clip) -> None:
    assert peer.statuses[-1].state == Status.INITIALIZING
    peer.play(clip)
    last_reason(peer, '/image has a publisher, but no image arrives')
    peer.wait_for(lambda: peer.statuses[-1].state == Status.LOST, 5, 'status LOST')
    assert peer.statuses[-1].frames_received == len(clip)


def test_simulated_time(peer: Peer, clip: Clip) -> None:
    """Stamps, latency and status follow the simulated clock, which need not run."""
    clock = peer.node.create_publisher(Clock, '/clock', QoSProfile(
        depth=1, durability=DurabilityPolicy.VOLATILE))
    with NodeProcess(parameters=['use_sim_time:=true']):
        peer.wait_for(lambda: len(peer.statuses) > 0, STARTUP_S, 'status')
        assert stamp_ns(peer.statuses[0].header) == 0
        now_ns = 5 * NANOSECONDS
        message = Clock()
        message.clock.sec = 5
        clock.publish(message)
        peer.wait_for(lambda: stamp_ns(peer.statuses[-1].header) == now_ns, 10, 'stamp of clock')
        status = peer.play(clip[:3], now_ns - NANOSECONDS // 2)[-1]
        peer.wait_for_output('odom', stamp_ns(status.header))
        assert 400 < status.latency_ms < 500
