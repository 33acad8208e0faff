# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that turns on the spot: on a plane, from a pose that was given, with inverted TF."""

from collections.abc import Iterator

from depth_camera import DepthCamera, metres
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
from std_srvs.srv import Trigger
from test_base_frame import twist
from tf2_ros import TransformBroadcaster

from anycam_ros.geometry.se3 import from_rotation_translation, so3_exp
from anycam_ros.node.outputs.planar import HELD_VARIANCE
from anycam_ros.node.outputs.transforms import matrix_from_numbers, matrix_from_transform
from anycam_ros.simulation.rendered_scene import camera_pose, RenderedFrame, RenderedScene

Matrix = NDArray[np.float64]

T_BASE_CAMERA = camera_pose(0.3, -0.1, 1.0, yaw_rad=0.4, pitch_rad=0.2, roll_rad=0.1)
T_BASE_PANNED = camera_pose(0.3, -0.1, 1.0, yaw_rad=1.4, pitch_rad=0.2, roll_rad=0.1)
INITIAL_POSE = (1.0, -2.0, 0.0, 0.0, 0.0, 0.5)
YAW_RATE_RADPS = 0.6
FRAMES = 24
START_NS = 100 * NANOSECONDS
HELD = [2, 3, 4]        # z, roll and pitch


def on_the_spot(time_s: float) -> Matrix:
    turn = so3_exp(np.array([0.0, 0.0, YAW_RATE_RADPS * time_s]))
    return np.asarray(from_rotation_translation(turn, np.zeros(3)) @ T_BASE_CAMERA)


@pytest.fixture(scope='module')
def robot() -> Iterator[Peer]:
    """Return the camera of a robot that has turned, with depth, before a node in two_d_mode."""
    scene = RenderedScene(320, 240, path=on_the_spot, moving=False)
    frames = [scene.frame(index) for index in range(FRAMES)]
    numbers = ', '.join(map(str, INITIAL_POSE))
    with Peer() as peer, NodeProcess(parameters=[
            'base_frame:=base_link', 'odom_frame:=odom_anycam', 'two_d_mode:=true',
            'invert_odom_tf:=true', f'initial_pose:=[{numbers}]', 'depth:=topic',
            'wait_for_transform_s:=1.0']):
        broadcaster = TransformBroadcaster(peer.node)
        for second in (1, 5):
            broadcaster.sendTransform(mounted(T_BASE_CAMERA, second * NANOSECONDS))
        depths = DepthCamera(peer)
        peer.wait_until_connected()
        depths.wait_until_connected()
        depths.introduce([(frames[0].image_rgb, frames[0].depth_m)])
        for index, frame in enumerate(frames):
            broadcaster.sendTransform(mounted(T_BASE_CAMERA, START_NS + index * PERIOD_NS))
            send(depths, START_NS + index * PERIOD_NS, frame)
        peer.wait_for_output('odom', START_NS + (FRAMES - 1) * PERIOD_NS)
        peer.call(Trigger, 'anycam/reset', Trigger.Request())
        for index in range(2):
            broadcaster.sendTransform(mounted(T_BASE_PANNED, 2 * START_NS + index * PERIOD_NS))
            send(depths, 2 * START_NS + index * PERIOD_NS, frames[-1])
        peer.wait_for_output('odom', 2 * START_NS + PERIOD_NS)
        yield peer


def send(depths: DepthCamera, stamp_ns: int, frame: RenderedFrame) -> None:
    depths.publish(metres(stamp_ns, frame.depth_m))
    depths.peer.send(image_message(header_at(stamp_ns), frame.image_rgb))


def of_the_turn(robot: Peer, topic: str) -> dict[int, object]:
    found = {stamp: message for stamp, message in robot.received[topic].items()
             if START_NS <= stamp < 2 * START_NS}
    assert len(found) > FRAMES // 2
    return found


def test_base_stays_where_it_was_put_and_turns(robot: Peer) -> None:
    for stamp, odometry in of_the_turn(robot, 'odom').items():
        yaw_rad = INITIAL_POSE[5] + YAW_RATE_RADPS * 1e-9 * (stamp - START_NS)
        expected = matrix_from_numbers(*INITIAL_POSE[:5], yaw_rad)
        np.testing.assert_allclose(pose_matrix(odometry), expected, atol=0.04)
    assert yaw_rad > INITIAL_POSE[5] + 0.4
    velocity = twist(odometry)
    np.testing.assert_allclose(velocity, [0, 0, 0, 0, 0, YAW_RATE_RADPS], atol=0.15)


def test_what_the_plane_holds_is_zero_and_known(robot: Peer) -> None:
    for odometry in of_the_turn(robot, 'odom').values():
        pose = pose_matrix(odometry)
        np.testing.assert_array_equal(pose[2], [0, 0, 1, 0])
        assert not twist(odometry)[HELD].any()
        for part in (odometry.pose, odometry.twist):  # type: ignore[attr-defined]
            covariance = part.covariance.reshape(6, 6)
            np.testing.assert_allclose(covariance[HELD][:, HELD], HELD_VARIANCE * np.eye(3))
            assert np.linalg.eigvalsh(covariance).min() > 0


def test_transform_leads_from_the_base_to_odom(robot: Peer) -> None:
    """Another node may own the transform above the base: a frame has one parent."""
    for stamp, message in of_the_turn(robot, '/tf').items():
        transform, = message.transforms  # type: ignore[attr-defined]
        assert (transform.header.frame_id, transform.child_frame_id) == \
            ('base_link', 'odom_anycam')
        odometry = robot.wait_for_output('odom', stamp)
        assert (odometry.header.frame_id, odometry.child_frame_id) == ('odom_anycam', 'base_link')
        np.testing.assert_allclose(
            matrix_from_transform(transform.transform) @ pose_matrix(odometry), np.eye(4),
            atol=1e-9)


def test_path_is_that_of_the_base_on_the_plane(robot: Peer) -> None:
    paths = [path for stamp, path in robot.received['path'].items() if stamp < 2 * START_NS]
    poses = paths[-1].poses
    assert len(poses) > 4
    for pose in poses:
        stamp = pose.header.stamp.sec * NANOSECONDS + pose.header.stamp.nanosec
        if stamp >= START_NS:
            assert pose.pose == robot.wait_for_output('odom', stamp).pose.pose


def test_reset_puts_it_back_to_the_first_pose(robot: Peer) -> None:
    first = robot.wait_for_output('odom', 2 * START_NS + PERIOD_NS)
    np.testing.assert_allclose(pose_matrix(first), matrix_from_numbers(*INITIAL_POSE), atol=2e-3)
    image_frame = robot.wait_for_output('estimated/camera_info', 2 * START_NS + PERIOD_NS)
    assert image_frame.header.frame_id == CAMERA_FRAME
