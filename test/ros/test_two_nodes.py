# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two cameras on one robot: two nodes side by side, each in its namespace."""

from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import NANOSECONDS, Peer, PERIOD_NS

from anycam_ros.msg import Status

FRAMES = 8


def test_each_node_receives_its_own_camera(clip: list[NDArray[np.uint8]]) -> None:
    with Peer('/left') as left, Peer('/right') as right, \
            NodeProcess('-r', '__ns:=/left', parameters=['odom_frame:=left/odom']), \
            NodeProcess('-r', '__ns:=/right', parameters=['odom_frame:=right/odom']):
        for peer in (left, right):
            peer.wait_until_connected()
        later_ns = NANOSECONDS + 100 * PERIOD_NS
        left.play(clip[:FRAMES])
        right.play(clip[:FRAMES], later_ns)
        for peer, start_ns, frame in ((left, NANOSECONDS, 'left/odom'),
                                      (right, later_ns, 'right/odom')):
            peer.wait_for_output('odom', start_ns + (FRAMES - 1) * PERIOD_NS)
            assert {odometry.header.frame_id for odometry in peer.received['odom'].values()} \
                == {frame}
            assert min(peer.received['odom']) >= start_ns
            assert max(peer.received['odom']) < start_ns + FRAMES * PERIOD_NS
            assert peer.statuses[-1].frames_received == FRAMES
            assert peer.statuses[-1].state in (Status.INITIALIZING, Status.TRACKING)
