# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Commands act on the odometry in the order given, before the next frame."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rclpy.clock import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from anycam_ros.msg import Status
from anycam_ros.node.commands import Pause, Reconfigure, Reset, Restart, Resume, SetPose
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.status_report import StatusReport
from anycam_ros.node.diagnostics.throttled_log import ThrottledLog
from anycam_ros.node.frame_processor import FrameProcessor
from anycam_ros.node.inputs.frame_adapter import FrameAdapter
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.node.inputs.observation import Observation
from anycam_ros.node.inputs.speed_input import SpeedInput
from anycam_ros.node.outputs.tf_frames import MissingTransformError
from anycam_ros.node.outputs.transforms import PoseGuess
from anycam_ros.odometry import Frame

POSE = PoseGuess(np.diag([1.0, -1.0, -1.0, 1.0]), np.eye(6))
OTHER_POSE = PoseGuess(np.eye(4), np.eye(6))


@dataclass
class RecordedOdometry:
    """Take the calls to VisualOdometry down; each frame is the first one."""

    calls: list[str] = field(default_factory=list)
    pose: Any = None
    speeds_mps: list[float] = field(default_factory=list)

    def locate(self, _frame: Frame) -> None:
        self.calls.append('locate')

    def reset(self) -> None:
        self.calls.append('reset')
        self.pose = None

    def restart(self) -> None:
        self.calls.append('restart')

    def set_pose(self, pose: Any, _covariance: Any) -> None:  # noqa: ANN401
        self.calls.append('set_pose')
        self.pose = pose

    def add_speed(self, speed: Any) -> None:  # noqa: ANN401
        self.speeds_mps.append(speed.speed_mps)

    def take_calls(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls


class Frames:
    """Know where the camera is, or not."""

    def __init__(self) -> None:
        self.is_connected = True
        self.config: NodeConfig | None = None

    def camera_pose(self, _header: Header, guess: PoseGuess) -> PoseGuess:
        if not self.is_connected:
            raise MissingTransformError('no transform')
        return guess

    def forget_start(self) -> None:
        pass

    def reconfigure(self, config: NodeConfig) -> None:
        self.config = config


class Outputs:
    """Keep what is published."""

    def __init__(self) -> None:
        self.statuses: list[Status] = []
        self.config: NodeConfig | None = None

    def publish_status(self, status: Status) -> None:
        self.statuses.append(status)

    def forget_path(self) -> None:
        pass

    def reconfigure(self, config: NodeConfig) -> None:
        self.config = config


class Bench:
    """Hold a processor between an odometry and outputs that write down what they are told."""

    def __init__(self) -> None:
        self.odometry, self.frames, self.outputs = RecordedOdometry(), Frames(), Outputs()
        logger = SimpleNamespace(info=lambda _: None, warning=lambda _: None)
        log = ThrottledLog(logger)
        watch = SimpleNamespace(why_silent=lambda: 'no reason')
        adapter = FrameAdapter(odom_frame='odom', depth=None, needs_camera_info=False)
        self.processor = FrameProcessor(
            odometry=self.odometry, adapter=adapter, speeds=SpeedInput(watch, log),
            frames=self.frames, outputs=self.outputs,
            report=StatusReport(LatestOnlyQueue(), adapter, Clock()), logger=logger, log=log)
        self._second = 0

    def process(self, *speeds_mps: float, encoding: str = 'rgb8') -> Status:
        """Process the next image and return its status."""
        self._second += 1
        header = Header(frame_id='camera')
        header.stamp.sec = self._second
        image = Image(header=header, height=64, width=64, step=192, encoding=encoding,
                      data=bytes(64 * 192))
        self.processor.process(Observation(image, speeds=tuple(map(speed_at, speeds_mps))))
        return self.outputs.statuses[-1]


def speed_at(speed_mps: float) -> Odometry:
    message = Odometry()
    message.twist.twist.linear.x = speed_mps
    return message


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.process()
    bench.odometry.take_calls()
    return bench


def test_reset_and_then_a_pose_gives_the_pose(bench: Bench) -> None:
    for command in (Reset(), SetPose(POSE)):
        bench.processor.execute(command)
    bench.process()
    assert bench.odometry.take_calls() == ['reset', 'set_pose', 'locate']
    assert bench.odometry.pose is POSE.T_target_source


def test_pose_and_then_a_reset_gives_the_reset(bench: Bench) -> None:
    for command in (SetPose(POSE), Reset()):
        bench.processor.execute(command)
    bench.process()
    assert bench.odometry.take_calls() == ['reset', 'locate']


def test_of_two_poses_the_later_one_counts(bench: Bench) -> None:
    for guess in (POSE, OTHER_POSE):
        bench.processor.execute(SetPose(guess))
    bench.process()
    assert bench.odometry.take_calls() == ['set_pose', 'locate']
    assert bench.odometry.pose is OTHER_POSE.T_target_source


def test_pose_waits_for_the_transform_and_is_set_once(bench: Bench) -> None:
    bench.frames.is_connected = False
    bench.processor.execute(SetPose(POSE))
    bench.process()
    assert bench.odometry.take_calls() == ['locate']
    bench.frames.is_connected = True
    bench.process()
    bench.process()
    assert bench.odometry.take_calls() == ['set_pose', 'locate', 'locate']


def test_resume_restarts_at_the_last_pose_and_says_why(bench: Bench) -> None:
    bench.processor.execute(Pause())
    assert bench.odometry.take_calls() == []
    bench.processor.report_pause()
    assert bench.outputs.statuses[-1].cause == Status.CAUSE_PAUSED
    bench.processor.execute(Resume())
    assert bench.process().reason == 'first frame: it was paused'
    bench.process()
    assert bench.odometry.take_calls() == ['restart', 'locate', 'locate']


def test_image_that_came_before_the_pause_goes_on(bench: Bench) -> None:
    bench.processor.execute(Pause())
    bench.process()
    assert bench.odometry.take_calls() == ['locate']


def test_restart_waits_for_a_frame_that_can_be_used(bench: Bench) -> None:
    bench.processor.execute(Restart('for a test'))
    assert bench.process(encoding='theora').cause == Status.CAUSE_FRAME_REFUSED
    assert bench.odometry.take_calls() == []
    assert bench.process().reason == 'first frame: for a test'
    assert bench.odometry.take_calls() == ['restart', 'locate']


def test_speeds_of_a_refused_frame_go_with_the_next_one(bench: Bench) -> None:
    bench.process(1.0, 2.0, encoding='theora')
    assert bench.odometry.speeds_mps == []
    bench.process(3.0)
    assert bench.odometry.speeds_mps == [1.0, 2.0, 3.0]


def test_configuration_reaches_outputs_and_frames(bench: Bench) -> None:
    config = NodeConfig(publish_tf=False)
    bench.processor.execute(Reconfigure(config))
    assert bench.outputs.config is config
    assert bench.frames.config is config
