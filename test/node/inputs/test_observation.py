# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An image takes along what has arrived for it, and no speed is lost with a dropped image."""

from nav_msgs.msg import Odometry
import pytest
from sensor_msgs.msg import CameraInfo, Image

from anycam_ros.node.commands import CommandQueue, Pause, Resume
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.node.inputs.observation import (
    keep_speeds,
    MOST_SPEEDS,
    Observation,
    ObservationCollector,
)


class Intake:
    """Hold a collector with its queues."""

    def __init__(self) -> None:
        self.queue: LatestOnlyQueue[Observation] = LatestOnlyQueue(keep_speeds)
        self.commands = CommandQueue()
        self.collector = ObservationCollector(self.queue, self.commands)

    def put_image(self, height: int = 1) -> None:
        self.collector.put_image(Observation(Image(height=height)))

    def put_speeds(self, *speeds_mps: float) -> None:
        for speed_mps in speeds_mps:
            message = Odometry()
            message.twist.twist.linear.x = speed_mps
            self.collector.put_speed(message)

    def take(self) -> Observation:
        observation = self.queue.take(timeout_s=0)
        assert observation is not None
        return observation


def speeds_mps(observation: Observation) -> list[float]:
    return [message.twist.twist.linear.x for message in observation.speeds]


@pytest.fixture
def intake() -> Intake:
    return Intake()


def test_speeds_survive_dropped_images_and_are_handed_over_once(intake: Intake) -> None:
    intake.put_speeds(1.0, 2.0)
    intake.put_image(1)
    intake.put_speeds(3.0)
    intake.put_image(2)
    intake.put_image(3)
    taken = intake.take()
    assert taken.image.height == 3
    assert speeds_mps(taken) == [1.0, 2.0, 3.0]
    assert (intake.queue.received, intake.queue.dropped) == (3, 2)
    intake.put_speeds(4.0)
    intake.put_image()
    assert speeds_mps(intake.take()) == [4.0]


def test_speeds_that_nobody_takes_are_bounded(intake: Intake) -> None:
    for index in range(3):
        intake.put_speeds(*[float(index)] * (MOST_SPEEDS - 1))
        intake.put_image()
    kept = speeds_mps(intake.take())
    assert len(kept) == MOST_SPEEDS
    assert kept.count(2.0) == MOST_SPEEDS - 1


def test_camera_info_is_the_newest_at_the_image(intake: Intake) -> None:
    intake.put_image()
    assert intake.take().camera_info is None
    for height in (1, 2):
        intake.collector.put_camera_info(CameraInfo(height=height))
    intake.put_image()
    intake.collector.put_camera_info(CameraInfo(height=3))
    camera_info = intake.take().camera_info
    assert camera_info is not None
    assert camera_info.height == 2
    intake.put_image()
    intake.collector.put_camera_info(CameraInfo(height=4))
    intake.put_image()
    camera_info = intake.take().camera_info
    assert camera_info is not None
    assert camera_info.height == 4, 'an image that is dropped takes its camera_info along'


def test_image_is_handed_over_with_its_depth(intake: Intake) -> None:
    depth = Image(height=7)
    intake.collector.put_image(Observation(Image(), depth, 0.01))
    taken = intake.take()
    assert taken.depth is depth
    assert taken.depth_lag_s == 0.01


def test_no_image_is_received_while_paused_but_speeds_are_kept(intake: Intake) -> None:
    intake.commands.put(Pause())
    intake.put_speeds(1.0)
    intake.put_image()
    assert intake.queue.take(timeout_s=0) is None
    assert intake.queue.received == 0
    intake.commands.put(Resume())
    intake.put_image()
    assert speeds_mps(intake.take()) == [1.0]
