# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happens to an image: odometry, outputs, status, and the refusal of what is no frame."""

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
from rclpy.node import Node
from std_msgs.msg import Header
from tf2_ros import Buffer

from anycam_ros.errors import FrameError
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.messages.camera_info import intrinsics_from_camera_info
from anycam_ros.node.config import NodeConfig
from anycam_ros.node.conversions import image_to_rgb, stamp_ns
from anycam_ros.node.diagnostics.status import StatusReport, Throttle
from anycam_ros.node.inputs.depth_input import DepthInput
from anycam_ros.node.inputs.depth_synchroniser import RgbdImage
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.node.inputs.speed_input import SpeedInput
from anycam_ros.node.inputs.stream_restart import restart_reason
from anycam_ros.node.outputs.outputs import Outputs
from anycam_ros.node.outputs.tf_frames import MissingTransformError, TfFrames
from anycam_ros.node.outputs.transforms import PoseGuess
from anycam_ros.odometry import (
    Frame,
    OdometryConfig,
    OdometryEstimate,
    VisualOdometry,
    warm_up,
)
from anycam_ros.odometry import Status as State

if TYPE_CHECKING:
    from sensor_msgs.msg import CameraInfo

SILENCES_BEFORE_WARNING = 3


class FrameProcessor:
    """Turn image messages into published odometry, one at a time, on one thread."""

    def __init__(self, node: Node, config: NodeConfig, odometry_config: OdometryConfig,
                 image_queue: LatestOnlyQueue[RgbdImage], transforms: Buffer) -> None:
        """Create odometry and outputs."""
        self._logger = node.get_logger()
        self._odometry = VisualOdometry(odometry_config)
        self._newest: Frame | None = None
        self._calibration: Intrinsics | None = None     # that the stream began with
        self._needs_camera_info = odometry_config.intrinsics == 'given'
        self._outputs = Outputs(node, config)
        self._frames = TfFrames(node, config, transforms)
        self._report = StatusReport(image_queue, node.get_clock())
        self._throttle = Throttle()
        self._state = ''
        self._silences = 0
        self._wants_reset, self._wants_restart = Event(), Event()
        self._pose_to_take: PoseGuess | None = None
        self._is_paused = False
        self.camera_info: CameraInfo | None = None
        self._depth: DepthInput | None = None
        self._speeds: SpeedInput | None = None

    def warm_up(self) -> None:
        """Let the odometry compile what it needs."""
        warm_up(self._odometry)

    def request_reset(self) -> None:
        """Start anew at initial_pose with the next image; callable from any thread."""
        self._wants_reset.set()

    def request_pose(self, guess: PoseGuess) -> None:
        """Take the pose, of the frame that odom publishes, with the next image."""
        self._pose_to_take = guess

    def request_restart(self) -> None:
        """Go on from the last pose with the next image, which may show anything."""
        self._wants_restart.set()

    def pause(self, *, paused: bool) -> None:
        """Say in the status that images are passed over, or go on from the last pose."""
        self._is_paused = paused
        self.request_restart()

    @property
    def outputs(self) -> Outputs:
        """Return what publishes."""
        return self._outputs

    @property
    def odom_frame(self) -> str:
        """Return the fixed frame."""
        return self._frames.config.odom_frame

    def close(self) -> None:
        """Publish nothing more."""
        self._outputs.close()
        self._frames.close()

    def expect_depth(self, why_silent: Callable[[], str]) -> None:
        """Expect depth with the images; why_silent tells why none arrives at all."""
        self._depth = DepthInput(why_silent, self._warn)

    def expect_speeds(self, why_silent: Callable[[], str]) -> SpeedInput:
        """Expect speeds beside the images, and return what takes them in."""
        self._speeds = SpeedInput(why_silent, self._warn)
        return self._speeds

    def configure(self, config: NodeConfig) -> None:
        """Take over what may change while the node runs."""
        self._outputs.config = self._frames.config = config

    def handle(self, rgbd: RgbdImage) -> None:
        """Process the image and publish what comes of it; a bad one is refused in the status."""
        header = rgbd.image.header
        self._silences = 0
        self._reset_if_asked()
        try:
            frame = self._frame(rgbd)
            restart = self._restart_if_needed(frame)
            self._take_pose_if_asked(header)
            if self._speeds is not None:
                self._speeds.hand_over(self._odometry, frame.stamp_s)
            estimate = self._odometry.process(frame)
        except FrameError as error:
            self._warn(f'frame refused: {error}')
            self._outputs.publish_status(self._report.rejected(header, str(error)))
            return
        before, self._newest = self._newest, frame
        if estimate is None:
            status = self._report.first(header, restart or 'no motion yet')
        else:
            status = self._report.processed(
                header, estimate, self._publish(header, estimate),
                is_unchanged=before is not None and _same_picture(frame, before))
        self._log_state(State(status.state).name, status.reason)
        self._outputs.publish_status(status)

    def handle_silence(self, why_silent: Callable[[], str]) -> None:
        """Say that, and why, no image arrives; in the log once it is no mere slow start."""
        if self._is_paused:
            self._outputs.publish_status(self._report.paused())
            return
        self._silences += 1
        reason = why_silent()
        if self._silences >= SILENCES_BEFORE_WARNING:
            self._warn(f'no image: {reason}')
        self._outputs.publish_status(self._report.silent(reason))

    def _reset_if_asked(self) -> None:
        if self._wants_reset.is_set():
            self._wants_reset.clear()
            self._odometry.reset()
            self._outputs.forget_path()
            self._frames.forget_start()
            self._newest = None
            self._logger.info('reset: the next image is at initial_pose in odom')

    def _take_pose_if_asked(self, header: Header) -> None:
        """Put the odometry at the pose that was asked for, once TF tells where the camera is."""
        asked = self._pose_to_take
        if asked is None:
            return
        try:
            guess = self._frames.camera_pose(header, asked)
        except MissingTransformError as error:
            self._warn(f'~/set_pose waits: {error}')
            return
        if self._pose_to_take is asked:     # not another one by now
            self._pose_to_take = None
        self._odometry.set_pose(guess.T_target_source, guess.covariance)
        self._outputs.forget_path()
        self._logger.info('the pose was set')

    def _restart_if_needed(self, frame: Frame) -> str:
        """Restart the odometry at its pose where the stream starts anew; return why."""
        reason = '' if self._newest is None else restart_reason(
            self._newest, frame, self._calibration)
        if self._wants_restart.is_set():
            self._wants_restart.clear()
            reason = reason or 'images were passed over'
        if reason and self._newest is not None:
            self._warn(f'the odometry restarts and keeps its pose: {reason}.')
            self._odometry.restart()
        if reason or self._newest is None:
            self._calibration = frame.intrinsics
        return reason

    def _publish(self, header: Header, estimate: OdometryEstimate) -> str:
        """Publish the estimate unless it is lost; return what prevents it."""
        if estimate.status == State.LOST and not self._outputs.config.publish_when_lost:
            return ''
        try:
            motion = self._frames.motion(header, estimate)
        except MissingTransformError as error:
            self._warn(str(error))
            return str(error)
        self._outputs.publish_motion(header, self._frames.child_frame(header), motion)
        self._outputs.publish_camera(header, estimate)
        if estimate.status != State.LOST and self._newest is not None:
            self._outputs.scene.publish(header, self._odometry, self._newest, estimate)
        if estimate.is_key_frame and self._outputs.wants_refined_path:
            self._publish_refined_path(header)
        return ''

    def _publish_refined_path(self, header: Header) -> None:
        past = self._odometry.refined_trajectory()
        if past:
            self._outputs.publish_refined_path(header, self._frames.past(header, past))

    def _frame(self, rgbd: RgbdImage) -> Frame:
        """Return the messages as a frame. Raises FrameError."""
        header = rgbd.image.header
        if header.frame_id in ('', self._frames.config.odom_frame):
            raise FrameError(
                f'frame_id of the image is {header.frame_id!r}; it must be the frame of the '
                'camera, not empty and not odom_frame. Set frame_id in the camera driver.')
        stamp = stamp_ns(header)
        if stamp < 0:
            raise FrameError(f'stamp is {1e-9 * stamp} s; it must not be negative. Set the clock '
                             'of the camera driver.')
        image_rgb = image_to_rgb(rgbd.image)
        height, width = image_rgb.shape[:2]
        depth_m = None
        if self._depth is not None:
            depth_m = self._depth.depth_m(rgbd)
            self._report.depth_missed += depth_m is None
        return Frame(1e-9 * stamp, image_rgb, depth_m, self._intrinsics(width, height))

    def _intrinsics(self, width: int, height: int) -> Intrinsics | None:
        """Return the camera from camera_info where the odometry asks for it."""
        if not self._needs_camera_info:
            return None
        if self.camera_info is None:
            raise FrameError("intrinsics is 'given', but no camera_info has arrived. Remap "
                             "camera_info, or set intrinsics to 'estimate'.")
        intrinsics = intrinsics_from_camera_info(self.camera_info)
        if intrinsics is None:
            raise FrameError("intrinsics is 'given', but camera_info says that the camera is "
                             "not calibrated (K[0] = 0). Set intrinsics to 'estimate'.")
        if (intrinsics.width, intrinsics.height) != (width, height):
            raise FrameError(
                f'camera_info is for {intrinsics.width}x{intrinsics.height} px, the image has '
                f'{width}x{height}. Remap camera_info to the one that belongs to the image.')
        return intrinsics

    def _warn(self, text: str) -> None:
        if self._throttle.lets_through(text):
            self._logger.warning(text)

    def _log_state(self, state: str, reason: str) -> None:
        if state != self._state and self._throttle.lets_through(f'{state} {reason}'):
            self._logger.info(f'{state}: {reason}' if reason else state)
        self._state = state


def _same_picture(frame: Frame, before: Frame) -> bool:
    row = frame.height // 2
    return np.array_equal(frame.image_rgb[row], before.image_rgb[row]) \
        and np.array_equal(frame.image_rgb, before.image_rgb)
