# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node is managed: it starts by itself, or as a lifecycle manager says, again and again."""

import gc
import weakref

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import header_at, image_message, NANOSECONDS, Peer, PERIOD_NS, pose_matrix
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_srvs.srv import SetBool

from anycam_ros.geometry.se3 import T_BODY_OPTICAL
from anycam_ros.msg import Status
from anycam_ros.node.anycam_node import AnyCamNode, SUCCESS

Clip = list[NDArray[np.uint8]]


def change(peer: Peer, transition: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return bool(peer.call(ChangeState, 'anycam/change_state', request, 60.0).success)


def state(peer: Peer) -> int:
    return int(peer.call(GetState, 'anycam/get_state', GetState.Request(), 60.0)
               .current_state.id)


def set_string(peer: Peer, name: str, value: str) -> tuple[bool, str]:
    parameter = Parameter(name=name, value=ParameterValue(
        type=ParameterType.PARAMETER_STRING, string_value=value))
    result, = peer.call(SetParameters, 'anycam/set_parameters',
                        SetParameters.Request(parameters=[parameter])).results
    return bool(result.successful), str(result.reason)


def test_starts_by_itself_and_refuses_what_does_not_follow(
        node: NodeProcess, peer: Peer) -> None:
    assert state(peer) == State.PRIMARY_STATE_ACTIVE
    assert 'listening' in node.log
    assert not change(peer, Transition.TRANSITION_CONFIGURE)
    assert state(peer) == State.PRIMARY_STATE_ACTIVE
    assert node.is_alive


def test_manager_leads_through_every_state_twice(peer: Peer, clip: Clip) -> None:
    with NodeProcess(parameters=['autostart:=false']) as node:
        node.wait_for_log('waiting to be configured')
        assert state(peer) == State.PRIMARY_STATE_UNCONFIGURED
        for turn in range(2):
            start_ns = (1 + 10 * turn) * NANOSECONDS
            assert change(peer, Transition.TRANSITION_CONFIGURE)
            assert not peer.is_subscribed()
            assert change(peer, Transition.TRANSITION_ACTIVATE)
            peer.wait_for(peer.is_subscribed, 10.0, 'subscription')
            last = peer.play(clip[:4], start_ns)[-1]
            assert (last.frames_received, last.frames_processed) == (4, 4)
            first = peer.wait_for_output('odom', start_ns + PERIOD_NS)
            # What was cleaned up starts at the origin.
            np.testing.assert_allclose(pose_matrix(first), T_BODY_OPTICAL, atol=0.05)
            assert change(peer, Transition.TRANSITION_DEACTIVATE)
            peer.wait_for(lambda: not peer.is_subscribed(), 10.0, 'end of the subscription')
            assert change(peer, Transition.TRANSITION_CLEANUP)
            assert state(peer) == State.PRIMARY_STATE_UNCONFIGURED
            peer.wait_for(lambda: not peer.node.get_publishers_info_by_topic('odom'), 10.0,
                          'end of the publisher of odom')


def test_pose_outlasts_a_deactivation(node: NodeProcess, peer: Peer, clip: Clip) -> None:
    peer.play(clip)
    before = pose_matrix(peer.wait_for_output('odom', NANOSECONDS + (len(clip) - 1) * PERIOD_NS))
    assert change(peer, Transition.TRANSITION_DEACTIVATE)
    assert change(peer, Transition.TRANSITION_ACTIVATE)
    peer.wait_for(peer.is_subscribed, 10.0, 'subscription')
    start_ns = 20 * NANOSECONDS
    statuses = peer.play(clip[-1:] * 2, start_ns)
    assert (statuses[0].state, statuses[0].cause) == (Status.INITIALIZING, Status.CAUSE_STARTING)
    after = peer.wait_for_output('odom', start_ns + PERIOD_NS)
    np.testing.assert_allclose(pose_matrix(after), before, atol=1e-3)
    assert node.is_alive


def test_pause_outlasts_a_deactivation(node: NodeProcess, peer: Peer, clip: Clip) -> None:
    assert peer.call(SetBool, 'anycam/pause', SetBool.Request(data=True)).success
    assert change(peer, Transition.TRANSITION_DEACTIVATE)
    assert change(peer, Transition.TRANSITION_ACTIVATE)
    peer.wait_for(peer.is_subscribed, 10.0, 'subscription')
    peer.publish(image_message(header_at(NANOSECONDS), clip[0]))
    peer.wait_for(lambda: peer.statuses[-1].cause == Status.CAUSE_PAUSED, 5.0, 'status paused')
    assert peer.statuses[-1].frames_received == 0
    assert node.is_alive


def test_clean_up_lets_go_of_the_odometry() -> None:
    node = AnyCamNode()
    try:
        for _ in range(2):
            assert node.start()
            odometry = weakref.ref(node._pipeline.processor._odometry)  # type: ignore[union-attr]
            assert node.trigger_deactivate() == node.trigger_cleanup() == SUCCESS
            assert odometry() is None
    finally:
        node.destroy_node()


def test_destroyed_node_leaves_the_graph_before_it_is_collected(peer: Peer) -> None:
    def is_seen() -> bool:
        return ('anycam', '/') in peer.node.get_node_names_and_namespaces()
    gc.disable()
    try:
        node = AnyCamNode()
        peer.wait_for(is_seen, 10.0, 'node in the graph')
        node.destroy_node()
        peer.wait_for(lambda: not is_seen(), 10.0, 'graph without the node')
    finally:
        gc.enable()


def test_what_cannot_be_configured_says_why_and_can_be_mended(peer: Peer, clip: Clip) -> None:
    with NodeProcess(parameters=['autostart:=false', 'motion:=network']) as node:
        node.wait_for_log('waiting to be configured')
        assert not change(peer, Transition.TRANSITION_CONFIGURE)
        node.wait_for_log("motion is 'network', but depth is 'none'")
        assert state(peer) == State.PRIMARY_STATE_UNCONFIGURED
        assert set_string(peer, 'motion', 'geometric') == (True, '')
        assert change(peer, Transition.TRANSITION_CONFIGURE)
        successful, reason = set_string(peer, 'motion', 'network')
        assert not successful
        assert 'clean it up before' in reason
        assert change(peer, Transition.TRANSITION_ACTIVATE)
        peer.wait_for(peer.is_subscribed, 10.0, 'subscription')
        assert peer.play(clip[:2])[1].frames_processed == 2


def test_shut_down_by_the_manager_it_still_ends_by_a_signal(peer: Peer) -> None:
    with NodeProcess() as node:
        peer.wait_until_connected()
        assert change(peer, Transition.TRANSITION_ACTIVE_SHUTDOWN)
        assert state(peer) == State.PRIMARY_STATE_FINALIZED
        peer.wait_for(lambda: not peer.is_subscribed(), 10.0, 'end of the subscription')
        assert node.stop() == 0
        assert 'Traceback' not in node.log
