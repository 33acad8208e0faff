# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Each image is handed on once, in order, with its depth if that comes in time."""

import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from anycam_ros.node.inputs.depth_synchroniser import DepthSynchroniser
from anycam_ros.node.inputs.observation import Observation

START_NS = 100_000_000_000
PERIOD_NS = 33_000_000


def at(stamp_ns: int) -> Image:
    header = Header()
    header.stamp.sec, header.stamp.nanosec = divmod(START_NS + stamp_ns, 10 ** 9)
    return Image(header=header)


class Recorder:
    """Collect what is delivered, and whether the timer runs."""

    def __init__(self) -> None:
        self.delivered: list[Observation] = []
        self.timer_runs = True
        self.synchroniser = DepthSynchroniser(self.delivered.append)
        self.synchroniser.set_timer(self)

    def reset(self) -> None:
        self.timer_runs = True

    def cancel(self) -> None:
        self.timer_runs = False

    def images(self, *stamps_ns: int) -> list[Image]:
        messages = [at(stamp_ns) for stamp_ns in stamps_ns]
        for message in messages:
            self.synchroniser.put_image(message)
        return messages

    def depth(self, stamp_ns: int) -> Image:
        message = at(stamp_ns)
        self.synchroniser.put_depth(message)
        return message


def test_depth_that_came_before_goes_with_its_image_at_once() -> None:
    recorder = Recorder()
    depth = recorder.depth(0)
    image, = recorder.images(0)
    assert recorder.delivered == [Observation(image, depth, 0.0)]
    assert not recorder.timer_runs


def test_image_waits_for_depth_that_is_on_its_way() -> None:
    recorder = Recorder()
    recorder.depth(-PERIOD_NS)
    image, = recorder.images(0)
    assert recorder.delivered == []
    assert recorder.timer_runs
    depth = recorder.depth(0)
    assert recorder.delivered == [Observation(image, depth, 0.0)]
    assert not recorder.timer_runs


@pytest.mark.parametrize(('depth_ns', 'is_used'), [(-PERIOD_NS, False), (-15_000_000, True)])
def test_waiting_ends_with_the_timer_and_takes_what_is_near_enough(
        depth_ns: int, is_used: bool) -> None:
    recorder = Recorder()
    depth = recorder.depth(depth_ns)
    image, = recorder.images(0)
    recorder.synchroniser.give_up()
    expected = Observation(image, depth if is_used else None, pytest.approx(-1e-9 * depth_ns))
    assert recorder.delivered == [expected]
    assert not recorder.timer_runs


def test_newer_image_pushes_on_the_one_that_waits() -> None:
    recorder = Recorder()
    first, second = recorder.images(0, PERIOD_NS)
    assert recorder.delivered == [Observation(first)]
    assert recorder.timer_runs
    depth = recorder.depth(PERIOD_NS)
    assert recorder.delivered[1].image is second
    assert recorder.delivered[1].depth is depth


def test_depth_that_has_stopped_is_not_waited_for() -> None:
    recorder = Recorder()
    recorder.depth(-1_100_000_000)
    image, = recorder.images(0)
    assert recorder.delivered == [Observation(image, None, pytest.approx(1.1))]


def test_depth_alone_delivers_nothing() -> None:
    recorder = Recorder()
    recorder.depth(0)
    recorder.synchroniser.give_up()
    assert recorder.delivered == []


def test_clock_that_was_set_back_does_not_end_the_matching() -> None:
    recorder = Recorder()
    recorder.depth(0)
    recorder.images(0)
    back_ns = -50_000_000_000
    depth = recorder.depth(back_ns)
    image, = recorder.images(back_ns)
    assert recorder.delivered[-1] == Observation(image, depth, 0.0)
