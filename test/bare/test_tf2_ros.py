# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Transforms through the stand-in of tf2_ros, as tf2 gives them."""

import math
from threading import Timer
import time

from geometry_msgs.msg import TransformStamped
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.duration import Duration
from rclpy.time import Time
from ros_graph import RosGraph
from tf2_ros import (
    Buffer,
    ConnectivityException,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    StaticTransformBroadcaster,
    TransformBroadcaster,
    TransformException,
    TransformListener,
)
from tf_transformations import quaternion_matrix

HALF = math.sqrt(0.5)
NO_TURN = (0.0, 0.0, 0.0, 1.0)
TURN_LEFT = (0.0, 0.0, HALF, HALF)


def stamped(parent: str, child: str, translation: tuple[float, float, float] = (0.0, 0.0, 0.0),
            rotation: tuple[float, float, float, float] = NO_TURN, at_s: float = 0.0
            ) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp = Time(nanoseconds=round(at_s * 1e9)).to_msg()
    t, r = message.transform.translation, message.transform.rotation
    t.x, t.y, t.z = translation
    r.x, r.y, r.z, r.w = rotation
    return message


def matrix(found: TransformStamped) -> NDArray[np.float64]:
    t, r = found.transform.translation, found.transform.rotation
    T_target_source = quaternion_matrix((r.x, r.y, r.z, r.w))
    T_target_source[:3, 3] = t.x, t.y, t.z
    return T_target_source


def at(seconds: float) -> Time:
    return Time(nanoseconds=round(seconds * 1e9))


@pytest.fixture
def moving() -> Buffer:
    """Return odom -> base, which goes from 0 to 2 m and turns left in 10.0 .. 12.0 s."""
    buffer = Buffer()
    buffer.set_transform(stamped('odom', 'base', at_s=10.0), 'test')
    buffer.set_transform(stamped('odom', 'base', (2.0, 0.0, 0.0), TURN_LEFT, 12.0), 'test')
    return buffer


def test_a_chain_takes_points_of_the_source_into_the_target() -> None:
    buffer = Buffer()
    buffer.set_transform_static(stamped('base', 'mast', (1.0, 0.0, 0.0), TURN_LEFT), 'test')
    buffer.set_transform_static(stamped('mast', 'camera', (0.5, 0.0, 0.0)), 'test')
    found = buffer.lookup_transform('base', 'camera', Time())
    # Half a metre ahead of the mast, which looks left.
    assert np.allclose(matrix(found) @ [0, 0, 0, 1], [1.0, 0.5, 0.0, 1.0])
    assert (found.header.frame_id, found.child_frame_id) == ('base', 'camera')
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (0, 0)


def test_two_branches_meet_where_they_part() -> None:
    buffer = Buffer()
    buffer.set_transform_static(stamped('base', 'left', (0.0, 1.0, 0.0), TURN_LEFT), 'test')
    buffer.set_transform_static(stamped('base', 'right', (0.0, -1.0, 0.0)), 'test')
    found = buffer.lookup_transform('left', 'right', Time())
    # The left one looks away from the right one, which is two metres behind it.
    assert np.allclose(matrix(found) @ [0, 0, 0, 1], [-2.0, 0.0, 0.0, 1.0])
    assert np.allclose(matrix(found) @ [0, 1, 0, 1], [-1.0, 0.0, 0.0, 1.0])


def test_a_static_frame_is_there_at_any_time() -> None:
    buffer = Buffer()
    buffer.set_transform_static(stamped('base', 'camera', (1.0, 2.0, 3.0), at_s=5.0), 'test')
    found = buffer.lookup_transform('base', 'camera', at(1000.25))
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (1000, 250_000_000)
    assert found.transform.translation.z == pytest.approx(3.0)


def test_between_two_samples_it_interpolates(moving: Buffer) -> None:
    found = moving.lookup_transform('odom', 'base', at(11.0))
    assert found.transform.translation.x == pytest.approx(1.0)
    assert found.transform.rotation.z == pytest.approx(math.sin(math.pi / 8))


def test_it_turns_the_shorter_way_round() -> None:
    buffer = Buffer()
    buffer.set_transform(stamped('odom', 'base', rotation=TURN_LEFT, at_s=1.0), 'test')
    x, y, z, w = TURN_LEFT
    buffer.set_transform(stamped('odom', 'base', rotation=(-x, -y, -z, -w), at_s=2.0), 'test')
    found = buffer.lookup_transform('odom', 'base', at(1.5))
    assert np.allclose(matrix(found), quaternion_matrix(TURN_LEFT))


def test_time_zero_means_the_latest_that_all_frames_share(moving: Buffer) -> None:
    moving.set_transform(stamped('base', 'head', at_s=10.5), 'test')
    moving.set_transform(stamped('base', 'head', at_s=13.0), 'test')
    moving.set_transform_static(stamped('head', 'camera'), 'test')
    latest = moving.lookup_transform('odom', 'camera', Time()).header.stamp
    assert Time.from_msg(latest).nanoseconds == at(12.0).nanoseconds
    # What lies above the meeting point does not matter.
    latest = moving.lookup_transform('base', 'camera', Time()).header.stamp
    assert Time.from_msg(latest).nanoseconds == at(13.0).nanoseconds


@given(st.lists(st.tuples(*[st.floats(-3.0, 3.0)] * 6), min_size=2, max_size=4))
def test_there_and_back_is_where_it_began(poses: list[tuple[float, ...]]) -> None:
    buffer = Buffer()
    for number, (x, y, z, *axis) in enumerate(poses):
        quaternion = np.array([*axis, 1.0])
        quaternion /= np.linalg.norm(quaternion)
        parent = 'root' if number % 2 == 0 else f'frame{number - 1}'
        buffer.set_transform_static(
            stamped(parent, f'frame{number}', (x, y, z), tuple(quaternion.tolist())), 'test')
    last = f'frame{len(poses) - 1}'
    there = matrix(buffer.lookup_transform('frame0', last, Time()))
    back = matrix(buffer.lookup_transform(last, 'frame0', Time()))
    assert np.allclose(there @ back, np.eye(4), atol=1e-9)


@pytest.mark.parametrize(('target', 'source', 'time_s', 'error', 'message'), [
    ('odom', 'base', 12.5, ExtrapolationException, 'into the future.*12.500000.*12.000000'),
    ('odom', 'base', 9.0, ExtrapolationException, 'into the past.*9.000000.*10.000000'),
    ('odom', 'once', 9.0, ExtrapolationException, 'only time 10.000000'),
    ('odom', 'nowhere', 11.0, LookupException, '"nowhere".*does not exist'),
    ('odom', '', 11.0, InvalidArgumentException, 'empty'),
    ('odom', '/base', 11.0, InvalidArgumentException, 'start with'),
    ('odom', 'island', 11.0, ConnectivityException, 'not part of the same tree'),
    ('odom', 'island', 0.0, ConnectivityException, 'not part of the same tree'),
    ('odom', 'loop', 11.0, LookupException, 'loop'),
    ('odom', 'loop', 0.0, LookupException, 'loop'),
])
def test_it_says_why_there_is_no_transform(
        moving: Buffer, target: str, source: str, time_s: float,
        error: type[TransformException], message: str) -> None:
    moving.set_transform(stamped('odom', 'once', at_s=10.0), 'test')
    moving.set_transform_static(stamped('sea', 'island'), 'test')
    moving.set_transform_static(stamped('loop', 'pool'), 'test')
    moving.set_transform_static(stamped('pool', 'loop'), 'test')
    assert not moving.can_transform(target, source, at(time_s))
    with pytest.raises(error, match=message):
        moving.lookup_transform(target, source, at(time_s))


def test_a_frame_is_itself_even_when_unknown() -> None:
    assert np.allclose(matrix(Buffer().lookup_transform('any', 'any', Time())), np.eye(4))


def test_waiting_helps_when_the_transform_comes_late() -> None:
    buffer = Buffer()
    Timer(0.2, buffer.set_transform_static, (stamped('base', 'camera'), 'test')).start()
    begin_s = time.monotonic()
    assert not buffer.can_transform('base', 'camera', at(1.0))
    buffer.lookup_transform('base', 'camera', at(1.0), Duration(seconds=5.0))
    assert 0.1 < time.monotonic() - begin_s < 2.0


def test_waiting_ends_at_the_timeout() -> None:
    begin_s = time.monotonic()
    assert not Buffer().can_transform('base', 'camera', Time(), Duration(seconds=0.2))
    assert 0.2 <= time.monotonic() - begin_s < 1.0


@pytest.mark.parametrize('bad', [
    stamped('base', 'base'), stamped('', 'camera'), stamped('base', ''),
    stamped('base', 'camera', (math.nan, 0.0, 0.0)),
    stamped('base', 'camera', rotation=(0.0, 0.0, 0.0, 0.0)),
    stamped('base', 'camera', rotation=(0.0, 0.0, 1.0, 1.0)),
])
def test_a_transform_that_is_none_is_ignored(bad: TransformStamped) -> None:
    buffer = Buffer()
    buffer.set_transform_static(bad, 'test')
    assert not buffer.can_transform('base', 'camera', Time())


def test_it_keeps_ten_seconds(moving: Buffer) -> None:
    moving.set_transform(stamped('odom', 'base', at_s=21.0), 'test')
    assert not moving.can_transform('odom', 'base', at(10.5))
    assert moving.can_transform('odom', 'base', at(12.5))
    moving.set_transform(stamped('odom', 'base', at_s=10.9), 'test')
    assert not moving.can_transform('odom', 'base', at(11.0))


def test_the_same_stamp_again_replaces(moving: Buffer) -> None:
    moving.set_transform(stamped('odom', 'base', (7.0, 0.0, 0.0), at_s=12.0), 'test')
    found = moving.lookup_transform('odom', 'base', Time())
    assert found.transform.translation.x == pytest.approx(7.0)


def test_a_clock_that_jumps_back_clears_what_moves(graph: RosGraph) -> None:
    node = graph.node('robot')
    clock = node.get_clock()
    clock._set_ros_time_is_active(True)
    clock.set_ros_time_override(at(100.0))
    buffer = Buffer(node=node)
    buffer.set_transform(stamped('odom', 'base', at_s=100.0), 'test')
    buffer.set_transform_static(stamped('base', 'camera'), 'test')
    clock.set_ros_time_override(at(50.0))
    assert not buffer.can_transform('odom', 'base', Time())
    assert buffer.can_transform('base', 'camera', Time())


def test_broadcast_transforms_reach_a_listener_that_comes_later(graph: RosGraph) -> None:
    robot, observer = graph.node('robot'), graph.node('observer')
    static = StaticTransformBroadcaster(robot)
    static.sendTransform(stamped('base', 'mast', (1.0, 0.0, 0.0)))
    static.sendTransform([stamped('mast', 'camera', (0.5, 0.0, 0.0))])
    buffer = Buffer(node=observer)
    listener = TransformListener(buffer, observer)
    moving = TransformBroadcaster(robot)
    graph.spin_until(lambda: moving.pub_tf.get_subscription_count() == 1)
    moving.sendTransform([stamped('odom', 'base', (3.0, 0.0, 0.0), at_s=1.0)])
    graph.spin_until(lambda: listener.buffer.can_transform('odom', 'camera', Time()))
    found = buffer.lookup_transform('odom', 'camera', Time())
    assert found.transform.translation.x == pytest.approx(4.5)


def test_tf_messages_have_the_type_that_other_ros_machines_know(graph: RosGraph) -> None:
    robot = graph.node('robot')
    TransformBroadcaster(robot)
    (endpoint,) = robot.get_publishers_info_by_topic('/tf')
    assert str(endpoint.topic_type_hash) == (
        'RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087')
