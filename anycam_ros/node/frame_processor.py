# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The path of a frame through the node, from the received messages to the published ones."""

import time
from typing import TYPE_CHECKING

import numpy as np
from rclpy.impl.rcutils_logger import RcutilsLogger
from std_msgs.msg import Header

from anycam_ros.errors import FrameError
from anycam_ros.msg import Status
from anycam_ros.node.commands import Command, Pause, Reconfigure, Reset, Restart, Resume, SetPose
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.diagnostics.status_report import StatusReport
from anycam_ros.node.diagnostics.throttled_log import ThrottledLog
from anycam_ros.node.inputs.frame_adapter import FrameAdapter
from anycam_ros.node.inputs.observation import Observation
from anycam_ros.node.inputs.speed_input import SpeedInput
from anycam_ros.node.inputs.stream_restart import restart_reason
from anycam_ros.node.outputs.outputs import Outputs
from anycam_ros.node.outputs.tf_frames import MissingTransformError, TfFrames
from anycam_ros.odometry import Frame, OdometryEstimate, TrackingState, VisualOdometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anycam_ros.geometry.camera import Intrinsics
    from anycam_ros.node.outputs.transforms import PoseGuess

SILENCES_BEFORE_WARNING = 3


class FrameProcessor:
    """Turn observations into published odometry, one at a time, on one thread.

    All its methods are called from that thread.
    """

    def __init__(self, *, odometry: VisualOdometry, adapter: FrameAdapter,
                 speeds: SpeedInput | None, frames: TfFrames, outputs: Outputs,
                 report: StatusReport, logger: RcutilsLogger, log: ThrottledLog) -> None:
        """Take the parts that a frame passes; speeds is None where the odometry needs none."""
        self._odometry = odometry
        self._adapter, self._speeds = adapter, speeds
        self._frames, self._outputs = frames, outputs
        self._report = report
        self._logger, self._log = logger, log
        self._previous: Frame | None = None             # of the stream, processed
        self._calibration: Intrinsics | None = None     # that the stream began with
        self._pending_restart = ''                      # why the next frame restarts the stream
        self._pending_pose: PoseGuess | None = None     # until TF tells where the camera is
        self._logged_state = ''
        self._silences = 0
        self.timings_ms: Mapping[str, float] = {}
        """Time that the stages took for the newest frame with an estimate; replaced as a whole."""

    def process(self, observation: Observation) -> None:
        """Process a frame and publish the result; one that is not usable is refused."""
        header = observation.image.header
        self._silences = 0
        if self._speeds is not None:
            self._speeds.add(observation.speeds)
        try:
            frame = self._adapter.frame(observation)
            restart = self._restart_if_needed(frame)
            self._set_pending_pose(header)
            if self._speeds is not None:
                self._speeds.hand_over(self._odometry, frame.stamp_s)
            estimate = self._odometry.locate(frame)
        except FrameError as error:
            self._log.warn(f'frame refused: {error}')
            self._outputs.publish_status(self._report.rejected(header, str(error)))
            return
        previous, self._previous = self._previous, frame
        if estimate is None:
            self._publish_status(self._report.first(header, restart or 'no motion yet'))
            return
        started_s = time.perf_counter()
        failure = self._publish_pose(header, estimate)
        latency_ms = self._report.latency_ms(header)
        published_s = time.perf_counter()
        whole = self._odometry.finish() or estimate
        finished_s = time.perf_counter()
        if not failure:
            self._outputs.publish_scene(header, frame, whole, self._odometry)
        self._publish_status(self._report.processed(
            header, whole, failure, latency_ms=latency_ms,
            is_unchanged=_is_same_image(frame, previous)))
        publish_s = published_s - started_s + time.perf_counter() - finished_s
        self.timings_ms = {**whole.timings_ms, 'publish': 1e3 * publish_s}

    def execute(self, command: Command) -> None:
        """Carry out a command before the next frame, or with it where it must see the frame."""
        match command:
            case Reset():
                self._reset()
            case Restart():
                self._pending_restart = command.reason
            case Resume():
                self._pending_restart = 'it was paused'
            case SetPose():
                self._pending_pose = command.guess
            case Reconfigure():
                self._reconfigure(command.config)
            case Pause():       # the queue refuses images; what was received before goes on
                pass

    def report_pause(self) -> None:
        """Publish that the node is paused."""
        self._outputs.publish_status(self._report.paused())

    def report_silence(self, reason: str) -> None:
        """Publish that no image arrives, and why; log it when that lasts longer than a start."""
        self._silences += 1
        if self._silences >= SILENCES_BEFORE_WARNING:
            self._log.warn(f'no image: {reason}')
        self._outputs.publish_status(self._report.silent(reason))

    def _reset(self) -> None:
        self._odometry.reset()
        self._outputs.forget_path()
        self._frames.forget_start()
        self._previous = self._pending_pose = None
        self._pending_restart = ''
        self._logger.info('reset: the next image is at initial_pose in odom')

    def _reconfigure(self, config: NodeConfig) -> None:
        self._outputs.reconfigure(config)
        self._frames.reconfigure(config)

    def _restart_if_needed(self, frame: Frame) -> str:
        """Restart the odometry at its pose where the frame does not go on from the previous one.

        Returns why; empty where it goes on.
        """
        if self._previous is None:
            reason = self._pending_restart
        else:
            reason = restart_reason(self._previous, frame, self._calibration) \
                or self._pending_restart
        self._pending_restart = ''
        if reason and self._previous is not None:
            self._log.warn(f'the odometry restarts and keeps its pose: {reason}.')
            self._odometry.restart()
        if reason or self._previous is None:
            self._calibration = frame.intrinsics
        return reason

    def _set_pending_pose(self, header: Header) -> None:
        """Put the odometry at the pose that was asked for, once TF tells where the camera is."""
        if self._pending_pose is None:
            return
        try:
            camera = self._frames.camera_pose(header, self._pending_pose)
        except MissingTransformError as error:
            self._log.warn(f'~/set_pose waits: {error}')
            return
        self._pending_pose = None
        self._odometry.set_pose(camera.T_target_source, camera.covariance)
        self._outputs.forget_path()
        self._logger.info('the pose was set')

    def _publish_pose(self, header: Header, estimate: OdometryEstimate) -> str:
        """Publish the pose; return what prevents it."""
        try:
            self._outputs.publish_pose(header, estimate)
        except MissingTransformError as error:
            self._log.warn(str(error))
            return str(error)
        return ''

    def _publish_status(self, status: Status) -> None:
        """Publish the status of a processed frame, and log a state that is new."""
        state = TrackingState(status.state).name
        if state != self._logged_state:
            self._log.inform(f'{state}: {status.reason}' if status.reason else state)
        self._logged_state = state
        self._outputs.publish_status(status)


def _is_same_image(frame: Frame, previous: Frame | None) -> bool:
    if previous is None:
        return False
    row = frame.height // 2         # most images differ there already
    return np.array_equal(frame.image_rgb[row], previous.image_rgb[row]) \
        and np.array_equal(frame.image_rgb, previous.image_rgb)
