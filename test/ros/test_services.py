# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pause and set_pose, asked of the running node."""

from geometry_msgs.msg import PoseWithCovarianceStamped
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import (
    header_at,
    image_message,
    mounted,
    NANOSECONDS,
    Peer,
    PERIOD_NS,
    pose_matrix,
)
import pytest
from std_srvs.srv import SetBool
from tf2_ros import StaticTransformBroadcaster

from anycam_ros.msg import Status
from anycam_ros.node.outputs.transforms import pose_from_matrix
from anycam_ros.simulation.rendered_scene import camera_pose
from anycam_ros.srv import SetPose

Clip = list[NDArray[np.uint8]]
Matrix = NDArray[np.float64]


def pose_at(T_odom_child: Matrix, frame_id: str = 'odom',
            variance: float = 0.0) -> SetPose.Request:
    pose = PoseWithCovarianceStamped(header=header_at(0, frame_id))
    pose.pose.pose = pose_from_matrix(T_odom_child)
    pose.pose.covariance = (variance * np.eye(6)).ravel()
    return SetPose.Request(pose=pose)


def set_pose(peer: Peer, request: SetPose.Request) -> tuple[bool, str]:
    response = peer.call(SetPose, 'anycam/set_pose', request)
    return bool(response.success), str(response.message)


@pytest.mark.usefixtures('node')
def test_paused_node_says_so_and_goes_on_without_a_jump(peer: Peer, clip: Clip) -> None:
    peer.play(clip)
    end_ns = NANOSECONDS + (len(clip) - 1) * PERIOD_NS
    before = pose_matrix(peer.wait_for_output('odom', end_ns))
    assert peer.call(SetBool, 'anycam/pause', SetBool.Request(data=True)).success
    received = peer.statuses[-1].frames_received
    for index in range(1, 6):
        peer.publish(image_message(header_at(end_ns + index * PERIOD_NS), clip[0]))
    peer.wait_for(lambda: peer.statuses[-1].cause == Status.CAUSE_PAUSED, 5.0, 'paused status')
    paused = peer.statuses[-1]
    assert (paused.state, paused.reason) == (Status.LOST, 'paused by ~/pause')
    assert paused.frames_received == received
    assert max(peer.received['odom']) == end_ns
    assert peer.call(SetBool, 'anycam/pause', SetBool.Request(data=False)).success
    start_ns = end_ns + NANOSECONDS
    resumed = peer.play([clip[0]] * 2, start_ns)[0]
    assert (resumed.state, resumed.reason) == (Status.INITIALIZING, 'first frame: it was paused')
    after = peer.wait_for_output('odom', start_ns + PERIOD_NS)
    np.testing.assert_allclose(pose_matrix(after), before, atol=1e-3)


@pytest.mark.usefixtures('node')
def test_pose_and_its_covariance_are_set(peer: Peer, clip: Clip) -> None:
    peer.play(clip)
    T_odom_camera = camera_pose(3.0, -2.0, 0.7, yaw_rad=1.0)
    assert set_pose(peer, pose_at(T_odom_camera, variance=0.04)) \
        == (True, 'the next image is at this pose')
    still_ns = NANOSECONDS + len(clip) * PERIOD_NS
    peer.play([clip[-1]], still_ns)
    odometry = peer.wait_for_output('odom', still_ns)
    np.testing.assert_allclose(pose_matrix(odometry), T_odom_camera, atol=0.02)
    variances = np.diag(odometry.pose.covariance.reshape(6, 6))
    assert (variances >= 0.04).all()
    assert (variances < 0.05).all()
    assert len(peer.wait_for_output('path', still_ns).poses) == 1, 'a path does not jump'


def test_pose_of_the_base_is_set(peer: Peer, clip: Clip) -> None:
    mounting = camera_pose(0.3, -0.1, 0.5, yaw_rad=0.4, pitch_rad=0.2)
    with NodeProcess(parameters=['base_frame:=base_link']) as node:
        peer.wait_until_connected()
        broadcaster = StaticTransformBroadcaster(peer.node)
        T_odom_base = np.eye(4)
        T_odom_base[:3, 3] = 3.0, -2.0, 0.0
        assert set_pose(peer, pose_at(T_odom_base))[0]
        peer.play(clip[:1])
        node.wait_for_log('set_pose waits: no transform')
        broadcaster.sendTransform(mounted(mounting, 0))
        for attempt in range(1, 40):
            still_ns = NANOSECONDS + attempt * PERIOD_NS
            if peer.play([clip[0]], still_ns)[0].cause != Status.CAUSE_NO_TRANSFORM:
                break
        odometry = peer.wait_for_output('odom', still_ns)
        np.testing.assert_allclose(pose_matrix(odometry), T_odom_base, atol=0.01)


@pytest.mark.usefixtures('node')
def test_what_is_no_pose_is_refused(peer: Peer) -> None:
    elsewhere = pose_at(np.eye(4), frame_id='map')
    no_rotation = pose_at(np.eye(4))
    no_rotation.pose.pose.pose.orientation.w = 0.0
    endless = pose_at(np.eye(4))
    endless.pose.pose.pose.position.x = np.inf
    negative = pose_at(np.eye(4), variance=-1.0)
    for request, words in ((elsewhere, "'map'; it must be 'odom'"),
                           (no_rotation, 'of length 0; it must be a unit quaternion'),
                           (endless, 'it must be finite'),
                           (negative, 'negative eigenvalues')):
        success, message = set_pose(peer, request)
        assert not success
        assert words in message
