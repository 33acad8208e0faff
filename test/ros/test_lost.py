# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A covered lens: lost within a second, silent odometry, and recovery without a restart."""

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import NANOSECONDS, Peer, PERIOD_NS, pose_matrix, stamp_ns

from anycam_ros.geometry.se3 import so3_log
from anycam_ros.msg import Status
from anycam_ros.simulation.rendered_scene import RenderedScene

Clip = list[NDArray[np.uint8]]
FRAMES_COVERED = 60


def test_covered_lens_silences_the_odometry_until_it_sees_again(
        node: NodeProcess, peer: Peer, scene: RenderedScene) -> None:
    clip = [scene.frame(index).image_rgb for index in range(60)]
    peer.play(clip)
    end_ns = NANOSECONDS + (len(clip) - 1) * PERIOD_NS
    before = pose_matrix(peer.wait_for_output('odom', end_ns))
    rng = np.random.default_rng(0)
    covered = [rng.integers(0, 4, clip[0].shape, np.uint8) for _ in range(FRAMES_COVERED)]
    statuses = peer.play(covered, end_ns + PERIOD_NS)
    lost = [status for status in statuses if status.state == Status.LOST]
    assert statuses[29].state == Status.LOST
    assert all(status.reason for status in lost)
    node.wait_for_log('LOST')
    for status in lost:
        assert all(stamp_ns(status.header) not in peer.received[topic]
                   for topic in ('odom', '/tf', 'path', 'motion_mask'))

    start_ns = end_ns + (FRAMES_COVERED + 1) * PERIOD_NS
    statuses = peer.play(clip[::-1], start_ns)
    recovered = [status.state for status in statuses].index(Status.TRACKING)
    assert recovered < 30
    first_ns = next(stamp for stamp in sorted(peer.received['odom']) if stamp >= start_ns)
    step = np.linalg.inv(before) @ pose_matrix(peer.received['odom'][first_ns])
    assert np.linalg.norm(step[:3, 3]) < 0.1
    assert np.degrees(np.linalg.norm(so3_log(step[:3, :3]))) < 5


def test_pose_is_held_while_lost_where_that_is_asked_for(peer: Peer, clip: Clip) -> None:
    with NodeProcess(parameters=['publish_when_lost:=true']):
        peer.wait_until_connected()
        peer.play(clip)
        end_ns = NANOSECONDS + (len(clip) - 1) * PERIOD_NS
        seen = peer.wait_for_output('odom', end_ns)
        statuses = peer.play([np.zeros_like(clip[0])] * 3, end_ns + PERIOD_NS)
        assert all(status.state == Status.LOST for status in statuses)
        held = [peer.wait_for_output('odom', end_ns + index * PERIOD_NS) for index in (1, 2, 3)]
        for odometry in held:
            np.testing.assert_array_equal(pose_matrix(odometry), pose_matrix(seen))
        trace = [odometry.pose.covariance.reshape(6, 6).trace() for odometry in (seen, *held)]
        assert all(np.diff(trace) > 1.0)
