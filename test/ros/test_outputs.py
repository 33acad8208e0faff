# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node publishes for a camera: every topic, its stamp and its frame."""

from itertools import pairwise

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import CAMERA_FRAME, NANOSECONDS, Peer, PERIOD_NS, stamp_ns, STARTUP_S
import pytest

from anycam_ros.msg import Status

Clip = list[NDArray[np.uint8]]


@pytest.mark.usefixtures('node')
def test_every_output_has_stamp_and_frame_of_its_image(peer: Peer, clip: Clip) -> None:
    start_ns = 1_700_000_000 * NANOSECONDS + 123_456_789
    statuses = peer.play(clip, start_ns)
    assert [status.frames_processed for status in statuses] == list(range(1, len(clip) + 1))
    for index in range(1, len(clip)):
        stamp = start_ns + index * PERIOD_NS
        for topic in ('estimated/camera_info', 'motion_mask', 'uncertainty', 'status'):
            assert peer.wait_for_output(topic, stamp).header.frame_id == CAMERA_FRAME, topic
        odometry = peer.wait_for_output('odom', stamp)
        assert (odometry.header.frame_id, odometry.child_frame_id) == ('odom', CAMERA_FRAME)
        transform = peer.wait_for_output('/tf', stamp).transforms[0]
        assert transform.header.frame_id == 'odom'
        assert transform.child_frame_id == CAMERA_FRAME
        assert transform.transform.rotation == odometry.pose.pose.orientation
        assert transform.transform.translation.x == odometry.pose.pose.position.x


@pytest.mark.usefixtures('node')
def test_pose_does_not_wait_for_what_moves(peer: Peer, clip: Clip) -> None:
    peer.play(clip)
    stamps = [NANOSECONDS + index * PERIOD_NS for index in range(1, len(clip))]
    for stamp in stamps:
        peer.wait_for_output('motion_mask', stamp)
        peer.wait_for_output('odom', stamp)
    pose_s, mask_s = (np.array([peer.arrived_s[topic][stamp] for stamp in stamps])
                      for topic in ('odom', 'motion_mask'))
    assert np.mean(pose_s < mask_s) > 0.9


@pytest.mark.usefixtures('node')
def test_pictures_have_the_size_of_the_image(peer: Peer, clip: Clip) -> None:
    peer.play(clip[:3])
    stamp = NANOSECONDS + 2 * PERIOD_NS
    mask = peer.wait_for_output('motion_mask', stamp)
    assert (mask.height, mask.width, mask.encoding, mask.step) == (240, 320, 'mono8', 320)
    assert set(np.unique(mask.data)) <= {0, 255}
    uncertainty = peer.wait_for_output('uncertainty', stamp)
    assert (uncertainty.encoding, uncertainty.step) == ('32FC1', 320 * 4)
    values = np.frombuffer(uncertainty.data, np.float32)
    assert values.size == 240 * 320
    assert np.isfinite(values).all()
    assert (values >= 0).all()


@pytest.mark.usefixtures('node')
def test_camera_info_is_that_of_a_single_camera(peer: Peer, clip: Clip) -> None:
    statuses = peer.play(clip[:3])
    info = peer.wait_for_output('estimated/camera_info', NANOSECONDS + 2 * PERIOD_NS)
    assert (info.width, info.height) == (320, 240)
    assert info.k[0] == statuses[-1].focal_px > 0
    np.testing.assert_array_equal(info.r.reshape(3, 3), np.eye(3))
    np.testing.assert_array_equal(info.p.reshape(3, 4)[:, :3], info.k.reshape(3, 3))
    np.testing.assert_array_equal(info.p.reshape(3, 4)[:, 3], 0)


@pytest.mark.usefixtures('node')
def test_odometry_is_complete(peer: Peer, clip: Clip) -> None:
    peer.play(clip)
    for odometry in peer.received['odom'].values():
        q = odometry.pose.pose.orientation
        assert abs(q.x**2 + q.y**2 + q.z**2 + q.w**2 - 1) < 1e-9
        for covariance in (odometry.pose.covariance, odometry.twist.covariance):
            matrix = covariance.reshape(6, 6)
            variances = np.linalg.eigvalsh(matrix)
            np.testing.assert_allclose(matrix, matrix.T, atol=1e-12 * variances.max())
            assert variances.min() > -1e-12 * variances.max()
            assert (np.diag(matrix) > 0).all()


def test_path_holds_a_pose_each_tenth_of_a_second_up_to_its_maximum(
        peer: Peer, clip: Clip) -> None:
    with NodeProcess(parameters=['path_max_size:=4']):
        peer.wait_until_connected()
        peer.play(clip)
    path = list(peer.received['path'].values())[-1]
    stamps = [stamp_ns(pose.header) for pose in path.poses]
    assert len(stamps) == 4
    assert all(later - earlier >= NANOSECONDS // 10
               for earlier, later in pairwise(stamps))
    assert stamp_ns(path.header) == stamps[-1]
    assert path.header.frame_id == 'odom'


def test_transform_is_silent_when_switched_off(peer: Peer, clip: Clip) -> None:
    with NodeProcess(parameters=['publish_tf:=false']):
        peer.wait_for(lambda: len(peer.statuses) > 0, STARTUP_S, 'status')
        peer.play(clip[:4])
        peer.wait_for_output('odom', NANOSECONDS + 3 * PERIOD_NS)
    assert not peer.received['/tf']


def test_names_are_relative(clip: Clip) -> None:
    with Peer(namespace='/robot') as peer, NodeProcess('-r', '__ns:=/robot'):
        peer.wait_until_connected()
        peer.play(clip[:3])
        peer.wait_for_output('odom', NANOSECONDS + 2 * PERIOD_NS)


@pytest.mark.usefixtures('node')
def test_covariance_says_that_the_unit_is_arbitrary(peer: Peer, clip: Clip) -> None:
    """Lengths may be off by a multiple as metres, what stands and what turns is sure."""
    statuses = peer.play(clip)
    stamp = NANOSECONDS + (len(clip) - 1) * PERIOD_NS
    odometry = peer.wait_for_output('odom', stamp)
    assert (statuses[-1].state, statuses[-1].scale_source) == (Status.TRACKING, 'none')
    linear = odometry.twist.twist.linear
    velocity = np.array([linear.x, linear.y, linear.z])
    speed = np.linalg.norm(velocity)
    along = velocity / speed
    covariance = odometry.twist.covariance.reshape(6, 6)[:3, :3]
    assert along @ covariance @ along > (5 * speed) ** 2
    aside = np.linalg.svd(along[None])[2][1]
    assert aside @ covariance @ aside < speed ** 2
    assert np.diag(odometry.twist.covariance.reshape(6, 6))[3:].max() < 0.1
