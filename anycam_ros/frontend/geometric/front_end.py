# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The geometric front end: camera motion from flow alone, focal length unknown."""

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.image_quality import image_quality_fault
from anycam_ros.frontend.common.refined_trajectory import PastPose
from anycam_ros.frontend.common.stage_timer import MOTION, REFINE, StageTimer, UNCERTAINTY
from anycam_ros.frontend.geometric.camera_motion import move_camera
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.matcher import Matchers
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.initialisation.first_window import FirstWindow
from anycam_ros.frontend.geometric.initialisation.initialiser import (
    Initialiser,
    MAP_STARTS,
    NO_OVERLAP,
)
from anycam_ros.frontend.geometric.map_extension import MapExtension
from anycam_ros.frontend.geometric.mapping.depth_image import Depth
from anycam_ros.frontend.geometric.mapping.depth_prior import DepthPrior, DepthSource
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.mapping.seeding import seed_tracks
from anycam_ros.frontend.geometric.mode import Mode
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.geometric.picture_rest import PictureRest
from anycam_ros.frontend.geometric.segmentation.motion_mask import MotionMask
from anycam_ros.frontend.geometric.tracking.keyframe_tracking import track_from_keyframe
from anycam_ros.frontend.geometric.tracking.tracking_loss import TrackingLoss
from anycam_ros.frontend.geometric.tracking.tracking_quality import (
    contradicts_map,
    MAP_CONTRADICTED,
    SCALE_RUNS_AWAY,
    shows_motion,
    tracking_quality,
    why_not_tracked,
)
from anycam_ros.frontend.motion_estimate import (
    lost,
    MotionEstimate,
    RestOfEstimate,
    TrackingState,
)
from anycam_ros.frontend.reason import NO_REASON, Reason
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array
from anycam_ros.networks.motion_weights.channels import MotionNetwork

if TYPE_CHECKING:
    from collections.abc import Callable


class GeometricFrontEnd:
    """Follow the camera through grey images of one size.

    The world is the first reference camera of the current map. What comes out are increments, so
    that a map may start again without a jump.
    """

    def __init__(self, camera: ProcessingCamera, focal: FocalState, *, matchers: Matchers,
                 refines: bool, depth_noise: DepthNoise, depth: DepthSource,
                 options: GeometricOptions | None = None,
                 motion_network: MotionNetwork | None = None) -> None:
        """Take what frames are seen with; refines is whether there is bundle adjustment."""
        self._options = options = options or GeometricOptions()
        self._camera, self._focal, self._matcher = camera, focal, matchers.with_map
        self._depth_source = depth
        self._depth_m: Depth | None = None
        self._mode = Mode.INITIALIZING
        self._stamp_s: float | None = None             # of the newest image
        self._tracking_loss = TrackingLoss(options.tracking_loss)
        self._camera_state = CameraState(options.pending_correction)
        self._map = LocalMap(camera, focal.focal_px, depth_noise, options.local_map,
                             options.covariance)
        self._depth = DepthPrior(camera, depth_noise, options.depth_prior)
        self._rest = PictureRest((camera.intrinsics.height, camera.intrinsics.width),
                                 options.picture_rest)
        self._motion_mask = MotionMask(camera, options.motion_mask, options.epipolar_residual,
                                       options.depth_expectation, options.static_appearance,
                                       motion_network)
        self._initialiser = Initialiser(
            camera, matchers, focal, self._camera_state, self._map,
            self._motion_mask, options, self._rest)
        self._extension = MapExtension(
            local_map=self._map, camera_state=self._camera_state, depth=self._depth, focal=focal,
            motion_mask=self._motion_mask, options=options, refines=refines)
        self._timer = StageTimer()
        self._finish: Callable[[], RestOfEstimate] | None = None    # the newest frame

    @property
    def camera(self) -> ProcessingCamera:
        """Return the camera of the working image."""
        return self._camera

    @property
    def focal(self) -> FocalState:
        """Return what is known of the focal length of the working image."""
        return self._focal

    @property
    def mode(self) -> Mode:
        """Return what happens with the next image."""
        return self._mode

    @property
    def scene_depth(self) -> float:
        """Return the depth of the scene, in the unit of the map; 1 before there is one."""
        return 1.0 / self._map.scene_inverse_depth

    def depth_image(self) -> Depth | None:
        """Return the depth (H, W) of any size that the newest image was seen with, m."""
        return self._depth_m

    def map_points(self) -> Array:
        """Return the points (N, 3) of the map, from the last camera found."""
        return self._map.points_from(self._camera_state.T_camera_world)

    def refined_trajectory(self) -> list[PastPose]:
        """Return the key frames so far as refinement sees them now, from the last camera found."""
        return self._map.trajectory_from(self._camera_state.T_camera_world)

    def process(self, image: WorkingImage, stamp_s: float,
                depth_m: Depth | None = None) -> MotionEstimate:
        """Return the motion since the image before; depth_m (H, W) of any size, in metres.

        Uncertainty, mask and refinement follow when they are asked for, or with the next image.
        """
        if self._finish is not None:
            self._finish()
        self._timer = StageTimer()
        self._map.pass_time(0.0 if self._stamp_s is None else stamp_s - self._stamp_s)
        self._stamp_s = stamp_s
        # The motion of this frame is in the unit that the map has before the frame changes it.
        unit = self._map.unit
        self._depth_m = self._depth_source(image, depth_m)
        with self._timer.stage(MOTION):
            fault = image_quality_fault(image.grey, self._options.image_quality,
                                        self._rest.left_out)
        if fault is not NO_REASON:
            self._depth.new_frame(None)
            motion = self._lost(fault)
        else:
            self._depth.new_frame(self._depth_m)
            with self._timer.stage(MOTION):
                self._leave_out_what_is_fixed(image.grey, stamp_s)
            step = self._initialise if self._mode is Mode.INITIALIZING else self._track
            motion = step(image.grey, stamp_s)
        self._finish = motion.find_rest
        return replace(motion, unit=unit, timings_ms=self._timer.timings_ms)

    # Before there is a map ------------------------------------------------------------------

    def _initialise(self, image: Image, stamp_s: float) -> MotionEstimate:
        """Follow the rotation from a reference image, until a map can start."""
        tracking = self._initialiser.track(image, stamp_s, self._timer)
        if tracking is None:
            return self._lost(NO_OVERLAP)
        with self._timer.stage(REFINE):
            first = self._initialiser.first_window(tracking, stamp_s, self._depth)
        if first is not None:
            return self._start_map(first, tracking, stamp_s)
        estimate = self._turned(tracking, stamp_s, self._initialiser.waits_for)
        self._initialiser.renew_reference(tracking, stamp_s)
        return estimate

    def _start_map(self, first: FirstWindow, tracking: TrackingResult,
                   stamp_s: float) -> MotionEstimate:
        """Go over to the world of a new window, whose newest key frame the tracked image is.

        The path up to here was not seen and is not made up for. The rotation is: without parallax
        a step sideways looks like a turn.
        """
        estimate = self._turned(tracking, stamp_s, MAP_STARTS)
        state, window = self._camera_state, first.window
        state.forget_corrections()
        state.correct(first.published_turn, first.refined_turn)
        self._map.start(window, tracking.T_camera_world, first.stamps_s(stamp_s),
                        is_metric=first.is_metric)
        self._initialiser.stop()
        self._tracking_loss.forget()
        self._mode = Mode.TRACKING
        self._extension.refer_to_key_frame()
        state.stop()
        if first.is_metric:
            return estimate
        seed_tracks(window, self._motion_mask.reached, self._options.seeding, self._rest.left_out)
        return replace(estimate, explained_turn_rad2=state.unexplained_turn_rad2)

    # With a map -----------------------------------------------------------------------------

    def _track(self, image: Image, stamp_s: float) -> MotionEstimate:
        """Find an image in the map; what else it shows is found when the frame is finished."""
        if self._map.runs_away:
            return self._give_up_map(image, stamp_s, SCALE_RUNS_AWAY)
        tracking = self._track_frame(image, stamp_s)
        if isinstance(tracking, TrackingFailure) and self._camera_state.tracking is not None:
            # A turn too fast for the newest key frame: the frame before is nearer.
            with self._timer.stage(REFINE):
                self._extension.insert_key_frame(self._camera_state.tracking)
            tracking = self._track_frame(image, stamp_s)
        if isinstance(tracking, TrackingFailure):
            return self._not_found(image, stamp_s, tracking)
        self._tracking_loss.see(stamp_s, contradicts=contradicts_map(
            tracking, self._options.tracking_quality))
        if self._tracking_loss.is_final(stamp_s):
            return self._give_up_map(image, stamp_s, MAP_CONTRADICTED)
        with self._timer.stage(MOTION):
            is_stationary = self._rest.is_stationary and not shows_motion(
                tracking, self._options.tracking_quality)
            if is_stationary:
                tracking = tracking._replace(T_camera_world=self._camera_state.T_camera_world)
            status, reason = tracking_quality(
                tracking, self._options.tracking_quality, self._options.image_quality,
                focal_length_changes=self._focal.contradicts)
        estimate = self._moved(tracking, stamp_s, status, reason)
        return replace(estimate, find_rest=cache(partial(
            self._extension.extend, tracking, self._timer, is_stationary=is_stationary)))

    def _track_frame(self, image: Image, stamp_s: float) -> TrackingResult | TrackingFailure:
        """Return how an image relates to the newest key frame."""
        return track_from_keyframe(
            self._map, self._camera_state, image, stamp_s, matcher=self._matcher,
            left_out=self._rest.left_out, options=self._options, timer=self._timer)

    # What comes out -------------------------------------------------------------------------

    def _moved(self, tracking: TrackingResult, stamp_s: float, status: TrackingState,
               reason: Reason) -> MotionEstimate:
        """Move the camera on to a frame whose pose is known, and say how far."""
        has_map = self._mode is not Mode.INITIALIZING
        self._mode = Mode.TRACKING if has_map else Mode.INITIALIZING
        with self._timer.stage(MOTION):
            moved = move_camera(
                self._camera_state, tracking, stamp_s, self._map, self._options.covariance,
                status=status, focal_variance=self._focal.flow_variance)
        return MotionEstimate(
            status=status, reason=reason, T_previous_camera=moved.T_previous_camera,
            elapsed_s=moved.elapsed_s, covariance=moved.covariance,
            static_share=tracking.inlier_share, fixed_share=self._rest.fixed_share)

    def _turned(self, tracking: TrackingResult, stamp_s: float, reason: Reason) -> MotionEstimate:
        """Turn the camera on while there is no map, and see what moves."""
        estimate = self._moved(tracking, stamp_s, TrackingState.INITIALIZING, reason)
        with self._timer.stage(UNCERTAINTY):
            uncertainty_px = self._motion_mask.update(tracking, None, self._focal.focal_px)
        return replace(estimate, uncertainty_px=uncertainty_px,
                       motion_mask=self._motion_mask.newest,
                       uncertainty_source=self._motion_mask.source)

    def _leave_out_what_is_fixed(self, image: Image, stamp_s: float) -> None:
        """See what is fixed to the camera; a map that was made with it starts again without."""
        self._rest.update(image, stamp_s)
        if not self._rest.has_grown:
            return
        lost_share = self._map.share_in(self._rest.left_out)
        if self._mode is Mode.INITIALIZING or lost_share > self._options.tracker.inlier_share:
            self._start_anew(image, stamp_s)

    def _not_found(self, image: Image, stamp_s: float, failure: TrackingFailure) -> MotionEstimate:
        """Say that the image fits the map nowhere; after a while give the map up."""
        reason = why_not_tracked(image, failure, self._options.tracking_quality,
                                 self._options.image_quality)
        self._tracking_loss.miss(stamp_s)
        return self._give_up_map(image, stamp_s, reason) \
            if self._tracking_loss.is_final(stamp_s) else self._lost(reason)

    def _give_up_map(self, image: Image, stamp_s: float, reason: Reason) -> MotionEstimate:
        self._start_anew(image, stamp_s)
        return self._lost(reason)

    def _start_anew(self, image: Image, stamp_s: float) -> None:
        """Have no map any more and wait for parallax from an image on."""
        self._map.give_up()
        self._mode = Mode.INITIALIZING
        self._initialiser.start_at(image, stamp_s)

    def _lost(self, reason: Reason) -> MotionEstimate:
        if self._mode is Mode.TRACKING:
            self._mode = Mode.LOST
        self._camera_state.stop()
        return lost(reason)
