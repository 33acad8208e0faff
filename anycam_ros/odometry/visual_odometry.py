# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline: one frame in, one estimate out."""

from dataclasses import replace
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import FrameError, StampError
from anycam_ros.frontend.common.log_scale import LogScaleFilter
from anycam_ros.frontend.front_end import FocalKnowledge, FrontEnd
from anycam_ros.frontend.geometric.focal import focal_candidates, PRIOR_RATIO
from anycam_ros.frontend.geometric.load import load_geometric
from anycam_ros.frontend.geometric.mapping.depth_image import Depth
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array, rescaled, so3_log, T_BODY_OPTICAL
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.odometry.estimate import OdometryEstimate, StampedPose
from anycam_ros.odometry.frame import Frame
from anycam_ros.odometry.frame_gaps import FrameGapMonitor
from anycam_ros.odometry.image_size import raw_map, raw_mask, resized_image
from anycam_ros.odometry.pose_integrator import PoseIntegrator
from anycam_ros.odometry.scale.metric_scale import make_scale, MetricScale
from anycam_ros.odometry.scale.scale_source import Step
from anycam_ros.odometry.scale.speeds import Speed, SpeedHistory
from anycam_ros.odometry.scale_error import scale_covariance


class VisualOdometry:
    """Turn a stream of frames of one camera into odometry.

    A published pose never changes: each frame adds one increment, and refinement improves the
    increments still to come.
    """

    def __init__(self, config: OdometryConfig | None = None) -> None:
        """Start with no frame seen.

        Raises DependencyError or WeightsError where a network that the configuration names
        cannot be had.
        """
        self.config = config or OdometryConfig()
        self._make = load_geometric(self.config)
        self.reset()

    def reset(self) -> None:
        """Forget every frame; the next one is the first, at the origin of odom."""
        self.set_pose(T_BODY_OPTICAL, np.zeros((6, 6)))
        self._log_scale = LogScaleFilter()
        self._start_anew()

    def set_pose(self, T_odom_camera: Array, covariance: Array) -> None:
        """Go on from another pose; covariance (6, 6) says how well it is known, as nav_msgs."""
        self._pose = PoseIntegrator(T_odom_camera, covariance)

    def restart(self) -> None:
        """Forget every frame but go on from the current pose (other camera, clock gone back).

        How far the camera has gone meanwhile is not known: as far as over a frame that is LOST.
        """
        if self._front_end is not None:
            self._pose.lose_sight()
        if self._front_end is not None:
            self._log_scale.start_anew(self._front_end.scene_depth)
        self._start_anew()

    def _start_anew(self) -> None:
        self._front_end: FrontEnd | None = None
        self._scale: MetricScale | None = None
        self._speeds = SpeedHistory()
        self._frame_gaps = FrameGapMonitor()
        self._stamp_s = -np.inf

    def process(self, frame: Frame) -> OdometryEstimate | None:
        """Return the estimate for the frame; None for the first one.

        Raises StampError for a stamp that is not later than the one before, and FrameError for
        another image size or for intrinsics that are asked for but missing; the state stays as
        it was.
        """
        start_s = time.perf_counter()
        self._check(frame)
        is_first = self._front_end is None
        front_end = self._front_end or self._start(frame)
        motion = front_end.process(WorkingImage(frame.image_rgb, self._camera.intrinsics),
                                   frame.stamp_s, frame.depth_m)
        if self._scale is not None:
            motion = self._scale.in_metres(Step(
                motion, frame.stamp_s, lambda: self.working_image(frame), front_end.focal))
        interval_s, self._stamp_s = frame.stamp_s - self._stamp_s, frame.stamp_s
        if is_first:
            return None
        self._pose.move(motion)
        # The first picture that shows anything is its own reference: no time passed since that.
        motion = replace(motion, elapsed_s=max(motion.elapsed_s, interval_s))
        motion, missing_frames = self._frame_gaps.explain(interval_s, motion)
        return self._estimate(frame, front_end.focal, motion, missing_frames, start_s)

    def add_speed(self, speed: Speed) -> None:
        """Take in a measured speed, for scale_source: topic; it may come late, or early."""
        self._speeds.add(speed)

    def refined_trajectory(self) -> list[StampedPose]:
        """Return the key frames so far, oldest first, as refinement sees them now.

        They end at the current pose; the published poses before it do not change by it.
        """
        if self._front_end is None:
            return []
        metres = self._log_scale.metres_per_unit
        return [StampedPose(past.stamp_s,
                            self._pose.T_odom_camera @ rescaled(past.T_camera_past, metres))
                for past in self._front_end.refined_trajectory()]

    def map_points(self) -> Array:
        """Return the points (N, 3) of the map as the newest camera sees them, optical axes.

        The unit is that of the map, metres_per_unit of the estimate. The network keeps no map.
        """
        if self._front_end is None:
            return np.zeros((0, 3))
        return self._front_end.map_points()

    def depth_image(self) -> Depth | None:
        """Return the depth (H, W) of any size that the newest frame was seen with, m.

        What is not finite or not above 0 is unknown; None where there is no depth at all.
        """
        return None if self._front_end is None else self._front_end.depth_image()

    @property
    def processing_camera(self) -> ProcessingCamera:
        """Return the camera of the working image; the first frame tells its size."""
        return self._camera

    def working_image(self, frame: Frame) -> NDArray[np.uint8]:
        """Return a frame of this stream in grey, in the size in which it is tracked."""
        grey = np.asarray(cv2.cvtColor(frame.image_rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        return resized_image(grey, self._camera.intrinsics)

    def _check(self, frame: Frame) -> None:
        if frame.stamp_s <= self._stamp_s:
            raise StampError(
                f"stamp {frame.stamp_s:.6f} s is not after the previous frame's "
                f'{self._stamp_s:.6f} s; frames must come in order, each once. Call restart() '
                'when the clock was set back.')
        if self._front_end is not None and (frame.width, frame.height) != self._size:
            raise FrameError(
                f"image is {frame.width}x{frame.height} px, the stream's is "
                f'{self._size[0]}x{self._size[1]} px; call restart() when the camera changed.')
        if self.config.intrinsics == 'given' and frame.intrinsics is None:
            raise FrameError("intrinsics is 'given', but the frame has none; add them to the "
                             "frame, or set intrinsics to 'estimate'.")

    def _start(self, frame: Frame) -> FrontEnd:
        self._size = (frame.width, frame.height)
        given = frame.intrinsics if self.config.intrinsics == 'given' else None
        raw = given or Intrinsics.centred(
            frame.width, frame.height, PRIOR_RATIO * max(frame.width, frame.height))
        self._raw = raw
        self._front_end = self._make(raw, given is not None)
        self._camera = self._front_end.camera
        self._scale = make_scale(self.config, self._camera, self._speeds, self._log_scale)
        return self._front_end

    def _estimate(self, frame: Frame, focal: FocalKnowledge, motion: MotionEstimate,
                  missing_frames: int, start_s: float) -> OdometryEstimate:
        T = motion.T_previous_camera
        twist = np.concatenate([T[:3, :3].T @ T[:3, 3], so3_log(T[:3, :3])])
        scale = self._camera.scale_to(frame.width)
        focal_px = focal.focal_px * scale
        raw = self._raw if focal.is_given else Intrinsics.centred(
            frame.width, frame.height, focal_px)
        shape = (frame.height, frame.width)
        source = 'given' if focal.is_given else 'estimated' if focal.is_observed else 'prior'
        focal_std_px = np.inf if source == 'prior' else focal_px * focal.relative_std
        return OdometryEstimate(
            stamp_s=frame.stamp_s, status=motion.status,
            cause=motion.reason.cause, reason=motion.reason.words,
            T_odom_camera=self._pose.T_odom_camera.copy(),
            pose_covariance=self._pose.covariance(motion.unit.std),
            displacement=self._pose.displacement,
            twist=twist / motion.elapsed_s,
            twist_covariance=(motion.covariance + scale_covariance(
                twist[:3], motion.unit.std)) / motion.elapsed_s ** 2,
            intrinsics=raw,
            focal_std_px=focal_std_px, focal_source=source,
            focal_candidates_px=focal_candidates() * frame.height,
            focal_log_probs=focal.log_probabilities(self._camera.intrinsics.height),
            uncertainty=raw_map(motion.uncertainty_px, shape, scale),
            motion_mask=raw_mask(motion.motion_mask, shape),
            scale_source=motion.unit.source, metres_per_unit=self._metres_per_unit(motion),
            scale_std=motion.unit.std,
            static_share=motion.static_share,
            is_key_frame=motion.is_key_frame, missing_frames=missing_frames,
            timings_ms={**motion.timings_ms,
                        'total': 1e3 * (time.perf_counter() - start_s)})

    def _metres_per_unit(self, motion: MotionEstimate) -> float:
        if self._scale is not None and self._log_scale.is_known:
            return self._log_scale.metres_per_unit
        return np.nan if motion.unit.source == 'none' else 1.0
