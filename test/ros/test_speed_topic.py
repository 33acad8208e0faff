# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Wheel odometry makes odom metric; where none comes, the node says so."""

import math

from nav_msgs.msg import Odometry
from node_process import NodeProcess
import numpy as np
from peer import header_at, image_message, NANOSECONDS, Peer
import pytest
from rclpy.qos import qos_profile_sensor_data

from anycam_ros.msg import Status
from anycam_ros.simulation.rendered_scene import RenderedScene
from anycam_ros.simulation.rendered_scene.camera_paths import camera_pose

SPEED_MPS, RATE_HZ, FRAMES = 0.5, 10.0, 46
PERIOD_NS = round(NANOSECONDS / RATE_HZ)
MESSAGES = 3                     # of speed, per frame
START_NS = 100 * NANOSECONDS


def speed_message(stamp_ns: int, speed_mps: float) -> Odometry:
    message = Odometry(header=header_at(stamp_ns, 'wheel_odom'), child_frame_id='base_link')
    message.twist.twist.linear.x = speed_mps
    return message


@pytest.fixture(scope='module')
def drive() -> RenderedScene:
    return RenderedScene(320, 240, moving=False, rate_hz=RATE_HZ, path=lambda time_s: camera_pose(
        -2.8 + SPEED_MPS * time_s, 0.0, 0.4, pitch_rad=0.15))


def test_odom_is_metric_once_wheels_have_told_the_scale(drive: RenderedScene) -> None:
    with Peer() as peer, NodeProcess(parameters=['scale_source:=topic']) as node:
        peer.wait_until_connected()
        peer.send(image_message(header_at(NANOSECONDS), drive.frame(0).image_rgb))
        node.wait_for_log('without speed: no publisher on /speed, .* Start what measures', 30)
        wheels = peer.node.create_publisher(Odometry, 'speed', qos_profile_sensor_data)
        peer.wait_for(lambda: wheels.get_subscription_count() > 0, 30, 'subscription to speed')
        wheels.publish(speed_message(START_NS - PERIOD_NS, math.nan))
        statuses = [_drive_one_frame(peer, wheels, drive, index) for index in range(FRAMES)]
        node.wait_for_log('speed refused: speed is nan', 30)
        known = [status.scale_source == 'topic' for status in statuses]
        first = known.index(True)
        assert all(known[first:])
        assert {status.scale_source for status in statuses[:first]} == {'none'}
        assert all(math.isnan(status.scale) for status in statuses[:first])
        assert statuses[-1].scale > 0
        assert 0.005 < statuses[-1].scale_std < 0.1
        odometry = [peer.wait_for_output('odom', START_NS + index * PERIOD_NS)
                    for index in range(first, FRAMES)]
        speeds_mps = [math.hypot(twist.x, twist.y, twist.z)
                      for twist in (message.twist.twist.linear for message in odometry)]
        assert len(speeds_mps) > 5
        assert np.median(speeds_mps) == pytest.approx(SPEED_MPS, rel=0.05)


def _drive_one_frame(peer: Peer, wheels: object, drive: RenderedScene, index: int) -> Status:
    """Send a frame after the speeds around it."""
    stamp_ns = START_NS + index * PERIOD_NS
    for part in range(MESSAGES):
        wheels.publish(speed_message(  # type: ignore[attr-defined]
            stamp_ns + part * PERIOD_NS // MESSAGES - PERIOD_NS // 2, SPEED_MPS))
    return peer.send(image_message(header_at(stamp_ns), drive.frame(index).image_rgb))
