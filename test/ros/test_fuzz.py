# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a message holds, the node refuses it or lives with it, and goes on.

ANYCAM_SOAK=1 (make soak) takes 10,000 messages where the suite takes 1000.
"""

from array import array
from collections.abc import Iterator
import os
from random import Random
import time
from typing import Any

from clips import process_smaller_images
import cv2
from fuzzed_messages import MessageFuzzer
from hypothesis import given, HealthCheck, settings
from hypothesis import strategies as st
from nav_msgs.msg import Odometry
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from odom_steps import is_finite
from peer import (
    header_at,
    image_message,
    NANOSECONDS,
    Peer,
    PERIOD_NS,
)
import pytest
import rclpy
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from tf2_ros import Buffer

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.msg import Status
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.conversions import camera_info_from_intrinsics
from anycam_ros.node.inputs.depth_synchroniser import DepthSynchroniser
from anycam_ros.node.pipeline import Pipeline
from anycam_ros.odometry import OdometryConfig
from anycam_ros.srv import SetPose

pytestmark = pytest.mark.soak
IN_SOAK = 'ANYCAM_SOAK' in os.environ
MANY = {'derandomize': True, 'deadline': None, 'database': None,
        'suppress_health_check': list(HealthCheck)}
MESSAGES_PER_EXAMPLE = 10
MESSAGES_OVER_DDS = 5000 if IN_SOAK else 300
AFTERWARDS_NS = 1_000_000 * NANOSECONDS
REQUESTS = 1000 if IN_SOAK else 75
TRANSPORTS = {
    'raw': ({'image': (Image, 'image'), 'depth': (Image, 'depth'),
             'camera_info': (CameraInfo, 'camera_info')},
            ['depth:=topic', 'intrinsics:=given']),
    'compressed': ({'image': (CompressedImage, 'image/compressed'),
                    'depth': (CompressedImage, 'depth/compressedDepth'),
                    'camera_info': (CameraInfo, 'camera_info')},
                   ['depth:=topic', 'intrinsics:=given', 'image_transport:=compressed',
                    'depth_transport:=compressedDepth'])}
Clip = list[NDArray[np.uint8]]


class Intake:
    """Hold a pipeline that is fed without DDS before it and without its thread."""

    def __init__(self, name: str, **config: str) -> None:
        self.node = rclpy.create_node(name)
        self._pipeline = Pipeline(self.node, NodeConfig(), OdometryConfig(**config),
                                  Buffer(node=self.node))
        self._pipeline.observations.open()
        self._synchroniser = DepthSynchroniser(self._pipeline.collector.put_image)

    def take(self, name: str, message: Any) -> None:  # noqa: ANN401
        if name == 'camera_info':
            self._pipeline.collector.put_camera_info(message)
        elif name == 'speed':
            self._pipeline.collector.put_speed(message)
        elif name == 'depth':
            self._synchroniser.put_depth(message)
        else:
            self._synchroniser.put_image(message)
            self._synchroniser.give_up()
        observation = self._pipeline.observations.take(timeout_s=0.0)
        if observation is not None:
            self._pipeline.processor.process(observation)


@pytest.fixture
def intakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Intake]]:
    """Return odometries that between them take in every type of message."""
    process_smaller_images(monkeypatch, 160 * 160)
    intakes = [Intake('with_depth', depth='topic'),
               Intake('calibrated', depth='topic', intrinsics='given'),
               Intake('with_wheels', scale_source='topic')]
    yield intakes
    for intake in intakes:
        intake.node.destroy_node()


@settings(max_examples=1000 if IN_SOAK else 100, **MANY)
@given(random=st.randoms(use_true_random=True))
def test_no_message_stops_the_processor(intakes: list[Intake], peer: Peer, random: Random) -> None:
    fuzzer = MessageFuzzer(random)
    for _ in range(MESSAGES_PER_EXAMPLE):
        name, message = fuzzer.any_of((Image, CompressedImage, CameraInfo, Odometry))
        for intake in intakes:
            intake.take(name, message)
    published = peer.received['odom']
    assert all(is_finite(message) for message in published.values())
    published.clear()


@pytest.mark.parametrize('transport', TRANSPORTS if IN_SOAK else ['raw'])
def test_no_message_stops_the_node(transport: str, clip: Clip) -> None:
    """Bytes damaged on the way, too, which rclpy has to make a message of."""
    types, parameters = TRANSPORTS[transport]
    image_type, image_topic = types['image']
    fuzzer = MessageFuzzer(Random(1))
    with Peer(image_type=image_type, image_topic=image_topic) as peer, \
            NodeProcess(parameters=parameters) as node:
        camera = {name: peer.node.create_publisher(*described, qos_profile_sensor_data)
                  for name, described in types.items()}
        peer.wait_until_connected()
        for index in range(MESSAGES_OVER_DDS):
            name, message = fuzzer.any_of(tuple(kind for kind, _ in types.values()))
            is_damaged = index % 2
            camera[name].publish(fuzzer.damaged(serialize_message(message)) if is_damaged
                                 else message)
            time.sleep(0.004)
        tracks_again(peer, camera['camera_info'], transport, clip)
        odometry = peer.received['odom'].values()
        assert all(is_finite(message) for message in odometry)
        assert 'Traceback' not in node.log, node.log


def tracks_again(peer: Peer, camera_infos: Any, transport: str, clip: Clip) -> None:  # noqa: ANN401
    """Send sound images until the node tracks, which must not take long."""
    camera = Intrinsics.centred(320, 240, 304.0)
    for index in range(60):
        header = header_at(AFTERWARDS_NS + index * PERIOD_NS)
        camera_infos.publish(camera_info_from_intrinsics(header, camera))
        picture = clip[min(index % 46, 46 - index % 46)]
        status = peer.send(image_message(header, picture) if transport == 'raw'
                           else jpeg_message(header, picture))
        if status.state == Status.TRACKING:
            break
    assert status.state == Status.TRACKING, status.reason
    assert status.frames_received \
        == status.frames_processed + status.frames_dropped + status.frames_rejected


def jpeg_message(header: Header, picture: NDArray[np.uint8]) -> CompressedImage:
    data = cv2.imencode('.jpg', np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
    return CompressedImage(header=header, format='jpeg', data=array('B', data))


def test_no_request_stops_the_node(node: NodeProcess, peer: Peer, clip: Clip) -> None:
    fuzzer = MessageFuzzer(Random(2))
    peer.play(clip[:3])
    end_ns = NANOSECONDS + 3 * PERIOD_NS
    accepted = 0
    for index in range(REQUESTS):
        accepted += peer.call(SetPose, 'anycam/set_pose', fuzzer.set_pose()).success
        peer.send(image_message(header_at(end_ns + index * PERIOD_NS), clip[index % 2]))
    assert 0 < accepted < REQUESTS
    assert all(is_finite(message) for message in peer.received['odom'].values())
    assert 'Traceback' not in node.log, node.log
