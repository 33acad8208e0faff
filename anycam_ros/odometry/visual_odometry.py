# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline: one frame in, one estimate out."""

from dataclasses import replace
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.devices import choose_device
from anycam_ros.errors import FrameError, StampError
from anycam_ros.frontend.front_end import FocalKnowledge
from anycam_ros.frontend.geometric.focal import FocalState, PRIOR_RATIO
from anycam_ros.frontend.geometric.front_end import GeometricFrontEnd
from anycam_ros.frontend.geometric.mapping.depth_image import (
    Depth,
    DepthNoise,
    LEARNED_DEPTH_NOISE,
)
from anycam_ros.frontend.motion_estimate import MotionEstimate
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.focal_candidates import focal_candidates
from anycam_ros.geometry.se3 import Array, rescaled, so3_log, T_BODY_OPTICAL
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.odometry.estimate import OdometryEstimate, StampedPose
from anycam_ros.odometry.frame import Frame
from anycam_ros.odometry.frame_gaps import FrameGapMonitor
from anycam_ros.odometry.image_size import raw_map, raw_mask, resized_depth, resized_image
from anycam_ros.odometry.pose_integrator import PoseIntegrator
from anycam_ros.odometry.priors import make_depth, make_flow
from anycam_ros.odometry.scale.log_scale import LogScale
from anycam_ros.odometry.scale.metric_scale import make_scale, MetricScale
from anycam_ros.odometry.scale.scale_source import Step
from anycam_ros.odometry.scale.speeds import Speed, SpeedHistory
from anycam_ros.odometry.scale_error import scale_covariance

if TYPE_CHECKING:
    from anycam_ros.frontend.network.front_end import NetworkFrontEnd

WORKING_AREA_PX = 448 * 336


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
        self._flow = make_flow(self.config)
        self._depth_model = make_depth(self.config)
        if self.config.motion == 'network':
            from anycam_ros.networks.anycam import load_checkpoint
            self._network = load_checkpoint(self.config.weights)
        self.reset()

    def reset(self) -> None:
        """Forget every frame; the next one is the first, at the origin of odom."""
        self.set_pose(T_BODY_OPTICAL, np.zeros((6, 6)))
        self._log_scale = LogScale()
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
        if isinstance(self._front_end, GeometricFrontEnd):
            self._log_scale.start_anew(self._front_end.scene_depth)
        self._start_anew()

    def _start_anew(self) -> None:
        self._front_end: GeometricFrontEnd | NetworkFrontEnd | None = None
        self._scale: MetricScale | None = None
        self._speeds = SpeedHistory()
        self._frame_gaps = FrameGapMonitor()
        self._stamp_s = -np.inf
        self._depth_m: Depth | None = None

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
        motion = self._motion(front_end, frame)
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
        if not isinstance(self._front_end, GeometricFrontEnd):
            return np.zeros((0, 3))
        return self._front_end.map_points()

    def depth_image(self) -> Depth | None:
        """Return the depth (H, W) of any size that the newest frame was seen with, m.

        What is not finite or not above 0 is unknown; None where there is no depth at all.
        """
        if self._depth_m is not None or self._front_end is None \
                or isinstance(self._front_end, GeometricFrontEnd):
            return self._depth_m
        return self._front_end.depth_image()

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

    def _start(self, frame: Frame) -> 'GeometricFrontEnd | NetworkFrontEnd':
        self._size = (frame.width, frame.height)
        given = frame.intrinsics if self.config.intrinsics == 'given' else None
        raw = given or Intrinsics.centred(
            frame.width, frame.height, PRIOR_RATIO * max(frame.width, frame.height))
        scale = np.sqrt(WORKING_AREA_PX / (frame.width * frame.height))
        if self.config.motion == 'network':
            from anycam_ros.frontend.network.front_end import WORKING_SIDE_PX
            scale = WORKING_SIDE_PX / min(frame.width, frame.height)
        self._camera = ProcessingCamera(
            raw.resized(round(frame.width * scale), round(frame.height * scale)),
            given is not None)
        self._raw = raw
        self._scale = make_scale(self.config, self._camera, self._speeds, self._log_scale)
        self._front_end = self._make_front_end()
        return self._front_end

    def _make_front_end(self) -> 'GeometricFrontEnd | NetworkFrontEnd':
        refines = self.config.refine == 'window'
        if self.config.motion == 'network':
            from anycam_ros.frontend.network.front_end import NetworkFrontEnd, NetworkOptions
            from anycam_ros.frontend.network.runtime import WindowSize
            window = WindowSize(self.config.network_window, self.config.network_both_directions)
            return NetworkFrontEnd(
                self._network, self._camera, self._flow, choose_device(self.config.device),
                NetworkOptions(window, refines, self.config.network_reference_flow),
                self._depth_model)
        return GeometricFrontEnd(
            self._camera, FocalState(self._camera.intrinsics.fx, self._camera.is_calibrated),
            flow=self._flow, refines=refines,
            depth_noise=DepthNoise() if self._depth_model is None else LEARNED_DEPTH_NOISE)

    def _motion(self, front_end: 'GeometricFrontEnd | NetworkFrontEnd',
                frame: Frame) -> MotionEstimate:
        if isinstance(front_end, GeometricFrontEnd):
            self._depth_m = self._depth_beside_geometry(frame)
            return front_end.process(self.working_image(frame), frame.stamp_s, self._depth_m)
        self._depth_m = frame.depth_m if self._depth_model is None else None
        picture = resized_image(frame.image_rgb, self._camera.intrinsics)
        return front_end.process(picture, frame.stamp_s, self._measured_depth(frame))

    def _depth_beside_geometry(self, frame: Frame) -> NDArray[np.float32] | None:
        if self.config.depth == 'none':
            return None
        if self._depth_model is None:
            return frame.depth_m
        return self._depth_model(resized_image(frame.image_rgb, self._camera.intrinsics))

    def _measured_depth(self, frame: Frame) -> NDArray[np.float32] | None:
        """Return depth of the working size, m, where it comes with the frame."""
        if self._depth_model is not None or frame.depth_m is None:
            return None
        return resized_depth(frame.depth_m, self._camera.intrinsics)

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
            pose_covariance=self._pose.covariance(motion.scale_std),
            displacement=self._pose.displacement,
            twist=twist / motion.elapsed_s,
            twist_covariance=(motion.covariance + scale_covariance(
                twist[:3], motion.scale_std)) / motion.elapsed_s ** 2,
            intrinsics=raw,
            focal_std_px=focal_std_px, focal_source=source,
            focal_candidates_px=focal_candidates() * frame.height,
            focal_log_probs=focal.log_probabilities(self._camera.intrinsics.height),
            uncertainty=raw_map(motion.uncertainty_px, shape, scale),
            motion_mask=raw_mask(motion.motion_mask, shape),
            scale_source=motion.scale_source, metres_per_unit=_metres_per_unit(motion),
            scale_std=motion.scale_std,
            static_share=motion.static_share,
            is_key_frame=motion.is_key_frame, missing_frames=missing_frames,
            timings_ms={'total': 1e3 * (time.perf_counter() - start_s)})


def _metres_per_unit(motion: MotionEstimate) -> float:
    is_metric_map = np.isnan(motion.metres_per_unit) and motion.scale_source != 'none'
    return 1.0 if is_metric_map else motion.metres_per_unit
