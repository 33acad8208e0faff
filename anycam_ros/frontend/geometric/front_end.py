# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera motion from flow alone, focal length unknown: initialise, track, refine, mask."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.frontend.common.image_quality import image_quality_fault
from anycam_ros.frontend.common.refined_trajectory import PastPose, RefinedTrajectory
from anycam_ros.frontend.common.stationarity import StationarityDetector
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.flow_prediction import predict_flow
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    absolute_information,
    flow_noise_px,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.geometric.estimation.two_view_geometry import FocalPrior
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.initialisation.map_initialiser import initialise_map
from anycam_ros.frontend.geometric.initialisation.rotation_only import RotationOnlyTracker
from anycam_ros.frontend.geometric.mapping.depth_image import Depth
from anycam_ros.frontend.geometric.mapping.depth_prior import DepthPrior
from anycam_ros.frontend.geometric.mapping.keyframe_database import KeyframeDatabase
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.mapping.map_points import map_points
from anycam_ros.frontend.geometric.segmentation.motion_mask import lies_in
from anycam_ros.frontend.geometric.tracking.keyframe_selection import needs_key_frame
from anycam_ros.frontend.geometric.tracking.loop_closure import correct_loop, find_loop_closure
from anycam_ros.frontend.geometric.tracking.tracker import MINIMUM_INLIERS, track_frame
from anycam_ros.frontend.geometric.tracking.tracking_quality import (
    is_poor,
    why_degraded,
    why_not_tracked,
)
from anycam_ros.frontend.motion_estimate import LengthUnit, lost, MotionEstimate, Status
from anycam_ros.frontend.reason import Cause, NO_REASON, Reason
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array, from_rotation_translation, inverse

GIVE_UP_S = 0.7                  # after this long without a match the map is given up
TURN_SHARE = 5.0                 # a window can trade the focal length for depth, a turn cannot

NOTHING_LEFT = Reason(Cause.OTHER_VIEW, 'nothing of the picture before is left in view')
CAMERA_STANDS = Reason(Cause.NO_PARALLAX, 'the camera stands')
LITTLE_PARALLAX = Reason(Cause.NO_PARALLAX, 'too little parallax for a map')
MAP_STARTS = Reason(Cause.STARTING, 'the map starts')

DepthSource = Callable[[WorkingImage, Depth | None], Depth | None]
"""Decide what depth a frame is seen with, from its image and what was measured with it."""


class GeometricFrontEnd:
    """Follow the camera through grey images of one size.

    The world is the first reference camera of the current map. What comes out are increments, so
    that a map may start anew without a jump.
    """

    def __init__(self, camera: ProcessingCamera, focal: FocalState, *, flow: DenseFlow,
                 refines: bool, depth_noise: DepthNoise, depth: DepthSource) -> None:
        """Take the camera of the working image, and what its frames are seen with.

        refines is whether key frames are refined by bundle adjustment.
        """
        self._focal = focal
        self._refines = refines
        self._camera = camera
        self._flow = flow
        self._depth_source = depth
        self._depth_m: Depth | None = None
        self._camera_state = CameraState(camera)
        self._stationarity = StationarityDetector()
        self._keyframe_database = KeyframeDatabase()
        self._path = RefinedTrajectory()
        self._depth = DepthPrior(camera, depth_noise)
        self._rotation_only: RotationOnlyTracker | None = None
        self._local_map: LocalMap | None = None
        self._unmatched_since_s: float | None = None

    @property
    def camera(self) -> ProcessingCamera:
        """Return the camera of the working image."""
        return self._camera

    @property
    def focal(self) -> FocalState:
        """Return what is known of the focal length of the working image."""
        return self._focal

    @property
    def scene_depth(self) -> float:
        """Return the median depth of the scene, in the unit of the map; 1 before there is one."""
        return 1.0 / self._camera_state.scale.inverse_depth

    def process(self, image: WorkingImage, stamp_s: float,
                depth_m: Depth | None = None) -> MotionEstimate:
        """Return the motion since the image before; depth_m (H, W) of any size, in metres."""
        self._depth_m = self._depth_source(image, depth_m)
        # The motion of this frame is in the unit that the map has before the frame changes it.
        source = self._depth.scale_source(self._local_map)
        unit = LengthUnit(source, self._depth.scale_std(source, stamp_s))
        return replace(self._process(image.grey, stamp_s, self._depth_m), unit=unit)

    def depth_image(self) -> Depth | None:
        """Return the depth (H, W) of any size that the newest image was seen with, m."""
        return self._depth_m

    def refined_trajectory(self) -> list[PastPose]:
        """Return the key frames so far as refinement sees them now, from the last camera found."""
        local_map = [] if self._local_map is None else self._local_map.T_camera_world
        return self._path.seen_from(self._camera_state.T_camera_world, local_map)

    def map_points(self) -> Array:
        """Return the points (N, 3) of the map, from the last camera found."""
        if self._local_map is None:
            return np.zeros((0, 3))
        return map_points(self._local_map, self._camera_state.T_camera_world)

    def _process(self, image: Image, stamp_s: float, depth_m: Depth | None) -> MotionEstimate:
        fault = image_quality_fault(image)
        is_blind = fault is not NO_REASON
        self._depth.new_frame(None if is_blind else depth_m)
        if is_blind:
            return self._lost(fault)
        if self._local_map is None:
            return self._initialise(image, stamp_s)
        return self._track(self._local_map, image, stamp_s)

    # Before there is a map ------------------------------------------------------------------

    def _initialise(self, image: Image, stamp_s: float) -> MotionEstimate:
        rotation_only = self._rotation_only or self._begin(image, stamp_s)
        tracking = rotation_only.look(image, self._focal.focal_px)
        if tracking is None and self._camera_state.last is not None:
            # The reference has left the view: the frame before takes its place.
            self._learn_from_turn(rotation_only, self._camera_state.last)
            rotation_only = self._begin(self._camera_state.last.image, self._camera_state.stamp_s)
            tracking = rotation_only.look(image, self._focal.focal_px)
        if tracking is None:
            self._begin(image, stamp_s)
            return self._lost(NOTHING_LEFT)
        local_map = self._depth.initialise_map(image, self._focal.focal_px)
        if local_map is not None:
            return self._start_metric_map(local_map, tracking, stamp_s)
        local_map = initialise_map(rotation_only, tracking, self._focal)
        if local_map is not None:
            return self._start_map(local_map, tracking, stamp_s)
        estimate = self._found(tracking, stamp_s, Status.INITIALIZING,
                               CAMERA_STANDS if rotation_only.is_stationary else LITTLE_PARALLAX)
        if rotation_only.has_turned_far(tracking):
            self._learn_from_turn(rotation_only, tracking)
            self._begin(image, stamp_s, tracking.pair)
        elif rotation_only.is_reference_expired(tracking):
            self._begin(image, stamp_s, tracking.pair)
        return estimate

    def _learn_from_turn(self, rotation_only: RotationOnlyTracker,
                         tracking: TrackingResult) -> None:
        """Take the focal length that a turn shows from its reference to its last view."""
        if self._focal.is_given:
            return
        shown = rotation_only.focal_shown(
            tracking, FocalPrior(self._focal.prior_focal_px, self._focal.prior_information))
        if shown is not None:
            self._focal.update(shown.focal_px, shown.focal_information, TURN_SHARE)
            self._focal.show(absolute_information(
                shown.focal_information, flow_noise_px(shown.residual_px)))

    def _begin(self, image: Image, stamp_s: float,
               pair: FlowPair | None = None) -> RotationOnlyTracker:
        """Make an image the reference that parallax is waited for against.

        pair leads to it from the reference before, where there is one.
        """
        self._rotation_only = RotationOnlyTracker(self._flow, self._camera, image)
        self._path.change_world(self._camera_state.T_camera_world)
        self._camera_state.start_at(image, stamp_s, pair)
        return self._rotation_only

    def _start_map(self, local_map: LocalMap, tracking: TrackingResult,
                   stamp_s: float) -> MotionEstimate:
        """Go on with the map.

        The path up to here was not seen and is not made up for. The rotation is: without parallax
        a step sideways looks like a turn.
        """
        estimate = self._found(tracking, stamp_s, Status.INITIALIZING, MAP_STARTS)
        R_camera_world = local_map.T_camera_world[-1][:3, :3]
        self._camera_state.pending_correction.forget()
        self._keyframe_database.clear()
        self._camera_state.pending_correction.add(
            tracking.T_camera_world, from_rotation_translation(R_camera_world, np.zeros(3)))
        self._camera_state.scale.apply(local_map, stamp_s - self._camera_state.reference_stamp_s)
        self._depth.propagate()
        local_map.seed(self._camera_state.moving)
        between = len(local_map.T_camera_world) - 2
        self._adopt(local_map, tracking,
                    [self._camera_state.reference_stamp_s, *between * [None], stamp_s])
        self._camera_state.stop()
        return estimate

    def _start_metric_map(self, local_map: LocalMap, tracking: TrackingResult,
                          stamp_s: float) -> MotionEstimate:
        """Go on with the map of one image and its depth; a part of a path is not scaled to it."""
        estimate = self._found(tracking, stamp_s, Status.INITIALIZING, MAP_STARTS)
        self._camera_state.pending_correction.forget()
        self._keyframe_database.clear()
        self._adopt(local_map, tracking, [stamp_s])
        self._stationarity.rest_at(local_map.tracks.active_px)
        self._camera_state.stop()
        return estimate

    def _adopt(self, local_map: LocalMap, tracking: TrackingResult,
               stamps_s: list[float | None]) -> None:
        """Go over to the world of a new map, whose newest key frame the sighting is."""
        self._path.change_world(inverse(local_map.T_camera_world[-1]) @ tracking.T_camera_world)
        self._path.start(stamps_s)
        self._local_map, self._rotation_only = local_map, None
        self._refer_to(local_map, tracking)

    # With a map -----------------------------------------------------------------------------

    def _track(self, local_map: LocalMap, image: Image, stamp_s: float) -> MotionEstimate:
        tracking = self._track_frame(local_map, image, stamp_s)
        if isinstance(tracking, TrackingFailure) and self._camera_state.last is not None:
            # A turn too fast for the newest key frame: the frame before is nearer.
            self._insert_key_frame(local_map, self._camera_state.last)
            tracking = self._track_frame(local_map, image, stamp_s)
        if isinstance(tracking, TrackingFailure):
            return self._missed(local_map, image, stamp_s, why_not_tracked(image, tracking))
        is_stationary = self._stationarity.update(tracking.matches.target_px, tracking.is_inlier)
        if is_stationary:
            tracking = tracking._replace(T_camera_world=self._camera_state.T_camera_world)
        status, reason = Status.TRACKING, NO_REASON
        if is_poor(tracking):
            status, reason = Status.DEGRADED, why_degraded(tracking)
        estimate = self._found(tracking, stamp_s, status, reason)
        tracking = self._examine_depth(local_map, tracking)
        # Where the camera stands a key frame shows nothing new, whoever hides the tracks.
        if not is_stationary and needs_key_frame(tracking, local_map.tracks.active_px,
                                                 awaits_depth=self._depth.is_awaited):
            self._insert_key_frame(local_map, tracking, has_depth=True)
            estimate = replace(estimate, is_key_frame=True)
        return estimate

    def _track_frame(self, local_map: LocalMap, image: Image,
                     stamp_s: float) -> TrackingResult | TrackingFailure:
        T_camera_world, last = self._camera_state.T_camera_world, self._camera_state.last
        T_predicted = self._camera_state.predicted(stamp_s)
        R_world_reference = local_map.T_camera_world[-1][:3, :3].T
        start = predict_flow(None if last is None else last.pair,
                             T_camera_world[:3, :3] @ R_world_reference,
                             T_predicted[:3, :3] @ R_world_reference,
                             self._camera, self._focal.focal_px)
        return track_frame(self._flow, local_map, image, start, [T_camera_world, T_predicted])

    def _examine_depth(self, local_map: LocalMap, tracking: TrackingResult) -> TrackingResult:
        """Measure tracks in the depth image; go over to metres once it shows what they are."""
        factor = self._depth.examine(local_map, tracking)
        if factor == 1.0:
            return tracking
        local_map.rescale(factor)
        self._path.rescale(factor)
        self._keyframe_database.clear()
        return self._camera_state.rescale(factor, tracking)

    def _insert_key_frame(self, local_map: LocalMap, tracking: TrackingResult, *,
                          has_depth: bool = False) -> None:
        """Make a tracked frame the newest key frame and refine the window.

        Tracks end, and none start, on what moves: with its depth free, a point of a large thing
        that moves along the epipolar lines fits any motion, and many such points bend the map.
        """
        target_px = tracking.matches.target_px
        follows = tracking.is_inlier & ~lies_in(self._camera_state.moving, target_px)
        if follows.sum() < MINIMUM_INLIERS:
            follows = tracking.is_inlier
        local_map.add(tracking.image, tracking.T_camera_world, target_px, tracking.matches.weight,
                      follows)
        self._path.add(self._camera_state.stamp_s)
        if self._refines:
            self._depth.adjust_local_map(local_map, self._focal,
                                         float(np.clip(1.5 * tracking.noise_px, 1.0, 3.0)))
            self._close_loops(local_map)
            self._camera_state.pending_correction.add(tracking.T_camera_world,
                                                      local_map.T_camera_world[-1])
        if local_map.is_full:
            self._path.settle(local_map.T_camera_world[:1])
            local_map.drop_oldest()
        local_map.seed(self._camera_state.moving)
        if has_depth:
            self._depth.measure_new(local_map)
        self._refer_to(local_map, tracking)

    def _close_loops(self, local_map: LocalMap) -> None:
        """Take back a part of the drift where the camera sees again what it saw long ago."""
        view = self._keyframe_database.view_from(local_map.T_camera_world[-1], local_map.focal_px)
        loop_closure = None if view is None else find_loop_closure(view, local_map)
        if loop_closure is not None:
            correct_loop(local_map, loop_closure)
        if local_map.is_full:
            self._keyframe_database.put(local_map)

    def _refer_to(self, local_map: LocalMap, tracking: TrackingResult) -> None:
        self._camera_state.refer_to(local_map, tracking)
        self._stationarity.forget()

    # What comes out -------------------------------------------------------------------------

    def _found(self, tracking: TrackingResult, stamp_s: float, status: Status,
               reason: Reason) -> MotionEstimate:
        self._unmatched_since_s = None
        return self._camera_state.found(tracking, stamp_s, status, reason, self._local_map,
                                        self._focal)

    def _missed(self, local_map: LocalMap, image: Image, stamp_s: float,
                reason: Reason) -> MotionEstimate:
        """Say that the view fits the map nowhere; after a while give the map up."""
        if self._unmatched_since_s is None:
            self._unmatched_since_s = stamp_s
        if stamp_s - self._unmatched_since_s >= GIVE_UP_S:
            self._path.settle(local_map.T_camera_world)
            self._local_map = None
            self._begin(image, stamp_s)
        return self._lost(reason)

    def _lost(self, reason: Reason) -> MotionEstimate:
        self._camera_state.stop()
        return lost(reason)
