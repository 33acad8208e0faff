# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""With base_frame, pose and velocity are those of the robot that carries the camera."""

from collections.abc import Iterator
import time

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import (
    CAMERA_FRAME,
    header_at,
    image_message,
    mounted,
    NANOSECONDS,
    Peer,
    PERIOD_NS,
    pose_matrix,
)
import pytest
from tf2_ros import StaticTransformBroadcaster, TransformBroadcaster

from anycam_ros.geometry.se3 import adjoint, inverse, T_BODY_OPTICAL
from anycam_ros.msg import Status
from anycam_ros.simulation.rendered_scene import camera_pose, RenderedScene

Matrix = NDArray[np.float64]
Clip = list[NDArray[np.uint8]]

T_BASE_CAMERA = camera_pose(0.3, -0.1, 0.5, yaw_rad=np.pi / 2, pitch_rad=0.2)


@pytest.fixture
def node_with_base(peer: Peer) -> Iterator[NodeProcess]:
    with NodeProcess(parameters=['base_frame:=base_link', 'wait_for_transform_s:=1.0']) as node:
        peer.wait_until_connected()
        yield node


@pytest.fixture(scope='module')
def camera_odometry(clip: Clip) -> dict[int, object]:
    """Return odom by stamp, of the camera itself."""
    with Peer() as peer, NodeProcess():
        peer.wait_until_connected()
        peer.play(clip)
        peer.wait_for_output('odom', NANOSECONDS + (len(clip) - 1) * PERIOD_NS)
        return peer.received['odom']


@pytest.mark.usefixtures('node_with_base')
def test_base_moves_as_the_camera_that_it_carries(
        peer: Peer, clip: Clip, camera_odometry: dict[int, object]
        ) -> None:
    broadcaster = StaticTransformBroadcaster(peer.node)
    broadcaster.sendTransform(mounted(T_BASE_CAMERA, 0))
    peer.play(clip)
    for stamp, camera in camera_odometry.items():
        base = peer.wait_for_output('odom', stamp)
        assert (base.header.frame_id, base.child_frame_id) == ('odom', 'base_link')
        T_start_camera = inverse(T_BODY_OPTICAL) @ pose_matrix(camera)
        expected = T_BASE_CAMERA @ T_start_camera @ inverse(T_BASE_CAMERA)
        np.testing.assert_allclose(pose_matrix(base), expected, atol=1e-9)
        propagate = adjoint(T_BASE_CAMERA)
        np.testing.assert_allclose(twist(base), propagate @ twist(camera), atol=1e-9)
        expected = propagate @ camera.twist.covariance.reshape(6, 6) @ propagate.T
        np.testing.assert_allclose(
            base.twist.covariance.reshape(6, 6), expected, rtol=1e-6, atol=1e-12 * expected.max())
        assert peer.wait_for_output('/tf', stamp).transforms[-1].child_frame_id == 'base_link'
        info = peer.wait_for_output('estimated/camera_info', stamp)
        assert info.header.frame_id == CAMERA_FRAME


@pytest.mark.usefixtures('node_with_base')
def test_robot_that_drives_forward_with_a_camera_to_its_left_moves_forward(
        peer: Peer) -> None:
    to_its_left = camera_pose(0.2, 0.1, 0.3, yaw_rad=np.pi / 2)

    def path(time_s: float) -> Matrix:
        T_world_base = camera_pose(0.0, 0.5 - time_s, 1.0, yaw_rad=-np.pi / 2)
        return np.asarray(T_world_base @ inverse(T_BODY_OPTICAL) @ to_its_left)
    scene = RenderedScene(320, 240, path=path, moving=False)
    StaticTransformBroadcaster(peer.node).sendTransform(mounted(to_its_left, 0))
    status = peer.play([scene.frame(index).image_rgb for index in range(36)])[-1]
    assert status.state == Status.TRACKING, status.reason
    forward, *sideways = twist(peer.wait_for_output('odom', NANOSECONDS + 35 * PERIOD_NS))[:3]
    assert forward > 3 * np.abs(sideways).max()


@pytest.mark.usefixtures('node')
def test_camera_that_moves_forward_moves_along_x_of_odom(peer: Peer) -> None:
    scene = RenderedScene(
        320, 240, path=lambda time_s: camera_pose(time_s - 1.5, 0.0, 1.35), moving=False)
    peer.play([scene.frame(index).image_rgb for index in range(20)])
    odometry = peer.wait_for_output('odom', NANOSECONDS + 19 * PERIOD_NS)
    x, y, z = pose_matrix(odometry)[:3, 3]
    assert x > 5 * max(abs(y), abs(z))
    velocity = twist(odometry)[:3]
    assert velocity[2] > 3 * max(abs(velocity[:2])), 'the optical z axis looks forward'


def test_missing_transform_silences_the_odometry_and_is_named(
        node_with_base: NodeProcess, peer: Peer, clip: Clip) -> None:
    for status in peer.play(clip[:4])[1:]:
        assert status.state == Status.LOST
        assert 'base_link' in status.reason
        assert CAMERA_FRAME in status.reason
    node_with_base.wait_for_log("no transform from 'base_link' to 'camera_optical'")
    assert not any(peer.received[topic] for topic in (
        'odom', '/tf', 'path', 'estimated/camera_info', 'motion_mask'))
    StaticTransformBroadcaster(peer.node).sendTransform(mounted(T_BASE_CAMERA, 0))

    start_ns = NANOSECONDS + 4 * PERIOD_NS
    peer.play(clip[4:8], start_ns)
    peer.wait_for_output('odom', start_ns + 3 * PERIOD_NS)


def test_transform_is_that_of_the_stamp(peer: Peer, clip: Clip) -> None:
    """The camera turns on its base; each pose waits for the transform of its own time."""
    with NodeProcess(parameters=['base_frame:=base_link', 'wait_for_transform_s:=2.0']):
        peer.wait_until_connected()
        broadcaster = TransformBroadcaster(peer.node)
        mounts = [camera_pose(0.0, 0.0, 0.0, yaw_rad=0.03 * index**2) for index in range(6)]
        broadcaster.sendTransform(mounted(mounts[0], NANOSECONDS))
        peer.wait_for(lambda: NANOSECONDS in peer.received['/tf'], 5, 'own transform')
        peer.send(image_message(header_at(NANOSECONDS), clip[0]))
        for index in range(1, 6):
            stamp = NANOSECONDS + index * PERIOD_NS
            peer.publish(image_message(header_at(stamp), clip[0]))
            time.sleep(0.2)
            broadcaster.sendTransform(mounted(mounts[index], stamp))
            odometry = peer.wait_for_output('odom', stamp, 10)
            if index == 1:
                first = pose_matrix(odometry)
        end = pose_matrix(odometry)
    turned = np.linalg.inv(first) @ end
    expected = mounts[1] @ np.linalg.inv(mounts[5])
    np.testing.assert_allclose(turned[:3, :3], expected[:3, :3], atol=2e-3)


def twist(odometry: object) -> Matrix:
    linear, angular = odometry.twist.twist.linear, odometry.twist.twist.angular  # type: ignore[attr-defined]
    return np.array([linear.x, linear.y, linear.z, angular.x, angular.y, angular.z])
