# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The service that starts the odometry anew."""

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import NANOSECONDS, Peer, PERIOD_NS, pose_matrix
from std_srvs.srv import Trigger

from anycam_ros.geometry.se3 import T_BODY_OPTICAL
from anycam_ros.msg import Status

START_NS = 100 * NANOSECONDS


def test_reset_starts_anew_at_the_first_pose(
        node: NodeProcess, peer: Peer, clip: list[NDArray[np.uint8]]) -> None:
    peer.play(clip, START_NS)
    end_ns = START_NS + (len(clip) - 1) * PERIOD_NS
    assert not np.allclose(pose_matrix(peer.wait_for_output('odom', end_ns)), T_BODY_OPTICAL,
                           atol=1e-3)
    client = peer.node.create_client(Trigger, 'anycam/reset')
    assert client.wait_for_service(10.0)
    future = client.call_async(Trigger.Request())
    peer.wait_for(future.done, 10.0, 'answer of the service')
    assert future.result().success
    still = [clip[0], clip[0]]
    statuses = peer.play(still, end_ns + PERIOD_NS)
    node.wait_for_log('initial_pose in odom')
    assert statuses[0].state == Status.INITIALIZING
    first = pose_matrix(peer.wait_for_output('odom', end_ns + 2 * PERIOD_NS))
    np.testing.assert_allclose(first, T_BODY_OPTICAL, atol=1e-6)
