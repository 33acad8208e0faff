# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline: one frame in, one estimate out."""

from dataclasses import dataclass, field, replace
from functools import cache, partial
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import FrameError, StampError
from anycam_ros.frontend.common.focal_prior import PRIOR_RATIO
from anycam_ros.frontend.common.log_scale import LogScaleFilter
from anycam_ros.frontend.front_end import Depth, FrontEnd
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.frontend.registry import load_front_end
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array, rescaled, T_BODY_OPTICAL
from anycam_ros.messages.speed import Speed
from anycam_ros.odometry.assembly import assemble_estimate, FrameResult, what_moves
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.odometry.estimate import OdometryEstimate, StampedPose
from anycam_ros.odometry.frame import Frame
from anycam_ros.odometry.frame_gaps import FrameGapMonitor
from anycam_ros.odometry.pose_integrator import PoseIntegrator
from anycam_ros.odometry.repeated_image import RepeatedImage
from anycam_ros.odometry.scale.metric_scale import make_scale, MetricScale, ScaledMotion, unscaled
from anycam_ros.odometry.scale.scale_source import Step
from anycam_ros.odometry.scale.speeds import SpeedHistory

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class _Stream:
    """Hold what belongs to one stream of frames; a restart begins another one."""

    raw: Intrinsics                  # given, or assumed at the start
    front_end: FrontEnd
    scale: MetricScale | None        # None where the front end's unit is that of odom
    gaps: FrameGapMonitor = field(default_factory=FrameGapMonitor)
    repeated_image: RepeatedImage = field(default_factory=RepeatedImage)
    stamp_s: float | None = None     # of the newest frame
    image: WorkingImage | None = None


class VisualOdometry:
    """Turn a stream of frames of one camera into odometry.

    A published pose never changes: each frame adds one increment, and refinement improves the
    increments still to come.
    """

    def __init__(self, config: OdometryConfig | None = None) -> None:
        """Load what the configuration names.

        Raises DependencyError or WeightsError where a network cannot be had.
        """
        self.config = config or OdometryConfig()
        self._make_front_end = load_front_end(self.config)
        self._stream: _Stream | None = None
        self._pose = PoseIntegrator(T_BODY_OPTICAL, np.zeros((6, 6)))
        self._log_scale = LogScaleFilter()
        self._speeds = SpeedHistory()
        self._finish: Callable[[], OdometryEstimate] | None = None    # the newest frame

    def reset(self) -> None:
        """Forget every frame; the next one is the first, at the origin of odom."""
        self.set_pose(T_BODY_OPTICAL, np.zeros((6, 6)))
        self._log_scale = LogScaleFilter()
        self._stream, self._speeds, self._finish = None, SpeedHistory(), None

    def set_pose(self, T_odom_camera: Array, covariance: Array) -> None:
        """Go on from another pose; covariance (6, 6) says how well it is known, as nav_msgs."""
        self._pose = PoseIntegrator(T_odom_camera, covariance)

    def restart(self) -> None:
        """Forget every frame but go on from the current pose (another camera, a clock set back).

        The motion in between is unknown: the covariance grows as over a frame that is LOST.
        """
        if self._stream is not None:
            self._pose.append_unseen_motion()
            self._log_scale.propagate_to_new_stream(self._stream.front_end.scene_depth)
        self._stream, self._speeds, self._finish = None, SpeedHistory(), None

    def process(self, frame: Frame) -> OdometryEstimate | None:
        """Return the estimate for the frame; None for the first one.

        Who cannot wait calls locate() and, once the pose is on its way, finish().
        Raises what locate() raises.
        """
        return None if self.locate(frame) is None else self.finish()

    def locate(self, frame: Frame) -> OdometryEstimate | None:
        """Return where the camera was in the frame; what moves, and key frames, are left open.

        Raises StampError for a stamp that is not later than the one before, and FrameError for
        another image size or for intrinsics that are asked for but missing; the state stays as
        it was.
        """
        start_s = time.perf_counter()
        self._check(frame)
        self._finish = None
        if self._stream is None:
            self._stream = self._begin_stream(frame)
        stream = self._stream
        front_end, image = stream.front_end, WorkingImage(
            frame.image_rgb, stream.front_end.camera.intrinsics)
        motion = front_end.process(image, frame.stamp_s, frame.depth_m)
        scaled = unscaled(motion) if stream.scale is None else stream.scale.in_metres(
            Step(motion, frame.stamp_s, lambda: image.grey, front_end.focal))
        scaled = scaled._replace(motion=stream.repeated_image.allow_for(
            image.grey, scaled.motion))
        previous_s, stream.stamp_s, stream.image = stream.stamp_s, frame.stamp_s, image
        if previous_s is None:
            return None
        return self._append(frame, stream, scaled, frame.stamp_s - previous_s, start_s)

    def finish(self) -> OdometryEstimate | None:
        """Find what locate() left open; return the whole estimate for the newest frame.

        None where there was no frame, or only a first one. Where it is left out the next frame
        does the same work, and nobody learns of the mask.
        """
        return None if self._finish is None else self._finish()

    def add_speed(self, speed: Speed) -> None:
        """Take in a measured speed, for scale_source: topic; it may come late, or early."""
        self._speeds.add(speed)

    def refined_trajectory(self) -> list[StampedPose]:
        """Return the key frames so far, oldest first, as refinement sees them now.

        They end at the current pose; the published poses before it do not change by it.
        """
        if self._stream is None:
            return []
        metres = self._log_scale.metres_per_unit
        return [StampedPose(past.stamp_s,
                            self._pose.T_odom_camera @ rescaled(past.T_camera_past, metres))
                for past in self._stream.front_end.refined_trajectory()]

    def map_points(self) -> Array:
        """Return the points (N, 3) of the map as the newest camera sees them, optical axes.

        The unit is that of the map, metres_per_unit of the estimate. The network keeps no map.
        """
        return np.zeros((0, 3)) if self._stream is None else self._stream.front_end.map_points()

    def depth_image(self) -> Depth | None:
        """Return the depth (H, W) of any size that the newest frame was seen with, m.

        What is not finite or not above 0 is unknown; None where there is no depth at all.
        """
        return None if self._stream is None else self._stream.front_end.depth_image()

    @property
    def processing_camera(self) -> ProcessingCamera:
        """Return the camera of the working image.

        Raises FrameError before the first frame, which tells its size.
        """
        if self._stream is None:
            raise FrameError('no frame has been processed yet; the size of the working image is '
                             'known from the first frame on. Call process() before.')
        return self._stream.front_end.camera

    @property
    def working_image(self) -> NDArray[np.uint8]:
        """Return the newest frame in grey, in the size in which it is tracked.

        Raises FrameError before the first frame.
        """
        if self._stream is None or self._stream.image is None:
            raise FrameError('no frame has been processed yet; call process() before.')
        return self._stream.image.grey

    def _check(self, frame: Frame) -> None:
        stream = self._stream
        if stream is not None and stream.stamp_s is not None and frame.stamp_s <= stream.stamp_s:
            raise StampError(
                f"stamp {frame.stamp_s:.6f} s is not after the previous frame's "
                f'{stream.stamp_s:.6f} s; frames must come in order, each once. Call restart() '
                'when the clock was set back.')
        if stream is not None and (frame.width, frame.height) != (
                stream.raw.width, stream.raw.height):
            raise FrameError(
                f"image is {frame.width}x{frame.height} px, the stream's is "
                f'{stream.raw.width}x{stream.raw.height} px; call restart() when the camera '
                'changed.')
        if self.config.intrinsics == 'given' and frame.intrinsics is None:
            raise FrameError("intrinsics is 'given', but the frame has none; add them to the "
                             "frame, or set intrinsics to 'estimate'.")

    def _begin_stream(self, frame: Frame) -> _Stream:
        given = frame.intrinsics if self.config.intrinsics == 'given' else None
        raw = given or Intrinsics.centred(
            frame.width, frame.height, PRIOR_RATIO * max(frame.width, frame.height))
        front_end = self._make_front_end(raw, given is not None)
        return _Stream(raw, front_end, make_scale(
            self.config, front_end.camera, self._speeds, self._log_scale))

    def _append(self, frame: Frame, stream: _Stream, scaled: ScaledMotion, interval_s: float,
                start_s: float) -> OdometryEstimate:
        """Append a motion to the pose; return the estimate."""
        motion = scaled.motion
        self._pose.append(motion)
        missing = stream.gaps.observe(interval_s, motion.status)
        estimate = assemble_estimate(FrameResult(
            frame=frame, scaled=scaled, interval_s=interval_s,
            reason=stream.gaps.explain(motion.reason), missing_frames=missing, pose=self._pose,
            focal=stream.front_end.focal, camera=stream.front_end.camera,
            raw_intrinsics=stream.raw, timings_ms={
                **motion.timings_ms, 'total': 1e3 * (time.perf_counter() - start_s)}))
        pixel_scale = stream.front_end.camera.scale_to(frame.width)
        self._finish = cache(partial(_finished, estimate, motion, pixel_scale))
        return estimate


def _finished(estimate: OdometryEstimate, motion: MotionEstimate,
              pixel_scale: float) -> OdometryEstimate:
    """Return the estimate with what its motion left open."""
    start_s = time.perf_counter()
    whole = motion.complete()
    raw = estimate.intrinsics
    return replace(
        estimate, what_moves=what_moves(whole, (raw.height, raw.width), pixel_scale),
        is_key_frame=whole.is_key_frame,
        timings_ms={**whole.timings_ms,
                    'total': estimate.timings_ms['total']
                    + 1e3 * (time.perf_counter() - start_s)})
