# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera motion from flow alone, focal length unknown: initialise, track, refine, mask."""

from dataclasses import replace

import numpy as np

from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.flow.dis import DisFlow
from anycam_ros.geometry.se3 import Array, from_rotation_translation, inverse
from anycam_ros.motion.geometric.archive import Archive
from anycam_ros.motion.geometric.covariance import absolute_information, flow_noise_px
from anycam_ros.motion.geometric.depth_image import Depth, DepthNoise
from anycam_ros.motion.geometric.depth_prior import DepthPrior
from anycam_ros.motion.geometric.focal import FocalState
from anycam_ros.motion.geometric.initialiser import Initialiser
from anycam_ros.motion.geometric.key_frame_choice import wants_key_frame
from anycam_ros.motion.geometric.map_points import map_points
from anycam_ros.motion.geometric.map_start import start_window
from anycam_ros.motion.geometric.matching import FlowPair
from anycam_ros.motion.geometric.picture import picture_fault
from anycam_ros.motion.geometric.poor_view import is_poor, why_degraded, why_missed
from anycam_ros.motion.geometric.prediction import predict_flow
from anycam_ros.motion.geometric.progress import Progress
from anycam_ros.motion.geometric.recall import give_way, recall
from anycam_ros.motion.geometric.sighting import Miss, Sighting
from anycam_ros.motion.geometric.stillness import StillnessDetector
from anycam_ros.motion.geometric.tracker import MINIMUM_INLIERS, sight
from anycam_ros.motion.geometric.two_view import FocalPrior
from anycam_ros.motion.geometric.view_mask import lies_in
from anycam_ros.motion.geometric.window import KeyFrameWindow
from anycam_ros.motion.geometric.working_camera import WorkingCamera
from anycam_ros.motion.motion_estimate import lost, MotionEstimate, Status
from anycam_ros.motion.reason import Cause, NO_REASON, Reason
from anycam_ros.motion.refined_path import PastPose, RefinedPath

GIVE_UP_S = 0.7                  # after this long without a match the map is given up
TURN_SHARE = 5.0                 # a window can trade the focal length for depth, a turn cannot

NOTHING_LEFT = Reason(Cause.OTHER_VIEW, 'nothing of the picture before is left in view')
CAMERA_STANDS = Reason(Cause.NO_PARALLAX, 'the camera stands')
LITTLE_PARALLAX = Reason(Cause.NO_PARALLAX, 'too little parallax for a map')
MAP_STARTS = Reason(Cause.STARTING, 'the map starts')


class GeometricMotion:
    """Follow the camera through grey images of one size.

    The world is the first reference camera of the current map. What comes out are increments, so
    that a map may start anew without a jump.
    """

    def __init__(self, camera: WorkingCamera, focal: FocalState, *,
                 flow: DenseFlow | None = None, refines: bool = True,
                 depth_noise: DepthNoise | None = None) -> None:
        """Start with no image seen; without a flow it takes DIS."""
        self.focal = focal
        self._refines = refines
        self._camera = camera
        self._flow = flow or DisFlow()
        self._progress = Progress(camera)
        self._stillness = StillnessDetector()
        self._archive = Archive()
        self._path = RefinedPath()
        self._depth = DepthPrior(camera, depth_noise)
        self._initialiser: Initialiser | None = None
        self._window: KeyFrameWindow | None = None
        self._unmatched_since_s: float | None = None

    @property
    def scene_depth(self) -> float:
        """Return the median depth of the scene, in the unit of the map; 1 before there is one."""
        return 1.0 / self._progress.scale.inverse_depth

    def process(self, image: Image, stamp_s: float, depth_m: Depth | None = None) \
            -> MotionEstimate:
        """Return the motion since the image before; depth_m (H, W) of any size, in metres."""
        # The motion of this frame is in the unit that the map has before the frame changes it.
        scale_source = self._depth.scale_source(self._window)
        scale_deviation = self._depth.scale_deviation(scale_source, stamp_s)
        return replace(self._process(image, stamp_s, depth_m), scale_source=scale_source,
                       scale_deviation=scale_deviation)

    def refined_path(self) -> list[PastPose]:
        """Return the key frames so far as refinement sees them now, from the last camera found."""
        window = [] if self._window is None else self._window.T_camera_world
        return self._path.seen_from(self._progress.T_camera_world, window)

    def map_points(self) -> Array:
        """Return the points (N, 3) of the map, from the last camera found."""
        if self._window is None:
            return np.zeros((0, 3))
        return map_points(self._window, self._progress.T_camera_world)

    def _process(self, image: Image, stamp_s: float, depth_m: Depth | None) -> MotionEstimate:
        fault = picture_fault(image)
        is_blind = fault is not NO_REASON
        self._depth.new_frame(None if is_blind else depth_m)
        if is_blind:
            return self._lost(fault)
        if self._window is None:
            return self._initialise(image, stamp_s)
        return self._track(self._window, image, stamp_s)

    # Before there is a map ------------------------------------------------------------------

    def _initialise(self, image: Image, stamp_s: float) -> MotionEstimate:
        initialiser = self._initialiser or self._begin(image, stamp_s)
        sighting = initialiser.look(image, self.focal.focal_px)
        if sighting is None and self._progress.last is not None:
            # The reference has left the view: the frame before takes its place.
            self._learn_from_turn(initialiser, self._progress.last)
            initialiser = self._begin(self._progress.last.image, self._progress.stamp_s)
            sighting = initialiser.look(image, self.focal.focal_px)
        if sighting is None:
            self._begin(image, stamp_s)
            return self._lost(NOTHING_LEFT)
        window = self._depth.start_window(image, self.focal.focal_px)
        if window is not None:
            return self._start_metric_map(window, sighting, stamp_s)
        window = start_window(initialiser, sighting, self.focal)
        if window is not None:
            return self._start_map(window, sighting, stamp_s)
        estimate = self._found(sighting, stamp_s, Status.INITIALIZING,
                               CAMERA_STANDS if initialiser.is_still else LITTLE_PARALLAX)
        if initialiser.has_turned_far(sighting):
            self._learn_from_turn(initialiser, sighting)
            self._begin(image, stamp_s, sighting.pair)
        elif initialiser.is_worn(sighting):
            self._begin(image, stamp_s, sighting.pair)
        return estimate

    def _learn_from_turn(self, initialiser: Initialiser, sighting: Sighting) -> None:
        """Take the focal length that a turn shows from its reference to its last view."""
        if self.focal.is_given:
            return
        shown = initialiser.focal_shown(
            sighting, FocalPrior(self.focal.prior_focal_px, self.focal.prior_information))
        if shown is not None:
            self.focal.update(shown.focal_px, shown.focal_information, TURN_SHARE)
            self.focal.show(absolute_information(
                shown.focal_information, flow_noise_px(shown.residual_px)))

    def _begin(self, image: Image, stamp_s: float, pair: FlowPair | None = None) -> Initialiser:
        """Make an image the reference that parallax is waited for against.

        pair leads to it from the reference before, where there is one.
        """
        self._initialiser = Initialiser(self._flow, self._camera, image)
        self._path.change_world(self._progress.T_camera_world)
        self._progress.start_at(image, stamp_s, pair)
        return self._initialiser

    def _start_map(self, window: KeyFrameWindow, sighting: Sighting,
                   stamp_s: float) -> MotionEstimate:
        """Go on with the map.

        The path up to here was not seen and is not made up for. The rotation is: without parallax
        a step sideways looks like a turn.
        """
        estimate = self._found(sighting, stamp_s, Status.INITIALIZING, MAP_STARTS)
        R_camera_world = window.T_camera_world[-1][:3, :3]
        self._progress.debt.forget()
        self._archive.clear()
        self._progress.debt.owe(sighting.T_camera_world,
                                from_rotation_translation(R_camera_world, np.zeros(3)))
        self._progress.scale.apply(window, stamp_s - self._progress.reference_stamp_s)
        self._depth.carry()
        window.seed(self._progress.moving)
        between = len(window.T_camera_world) - 2
        self._adopt(window, sighting,
                    [self._progress.reference_stamp_s, *between * [None], stamp_s])
        self._progress.stop()
        return estimate

    def _start_metric_map(self, window: KeyFrameWindow, sighting: Sighting,
                          stamp_s: float) -> MotionEstimate:
        """Go on with the map of one image and its depth; a part of a path is not scaled to it."""
        estimate = self._found(sighting, stamp_s, Status.INITIALIZING, MAP_STARTS)
        self._progress.debt.forget()
        self._archive.clear()
        self._adopt(window, sighting, [stamp_s])
        self._stillness.rest_at(window.tracks.active_px)
        self._progress.stop()
        return estimate

    def _adopt(self, window: KeyFrameWindow, sighting: Sighting,
               stamps_s: list[float | None]) -> None:
        """Go over to the world of a new map, whose newest key frame the sighting is."""
        self._path.change_world(inverse(window.T_camera_world[-1]) @ sighting.T_camera_world)
        self._path.start(stamps_s)
        self._window, self._initialiser = window, None
        self._refer_to(window, sighting)

    # With a map -----------------------------------------------------------------------------

    def _track(self, window: KeyFrameWindow, image: Image, stamp_s: float) -> MotionEstimate:
        sighting = self._sight(window, image, stamp_s)
        if isinstance(sighting, Miss) and self._progress.last is not None:
            # A turn too fast for the newest key frame: the frame before is nearer.
            self._insert_key_frame(window, self._progress.last)
            sighting = self._sight(window, image, stamp_s)
        if isinstance(sighting, Miss):
            return self._missed(window, image, stamp_s, why_missed(image, sighting))
        is_still = self._stillness.update(sighting.matches.target_px, sighting.is_inlier)
        if is_still:
            sighting = sighting._replace(T_camera_world=self._progress.T_camera_world)
        status, reason = Status.TRACKING, NO_REASON
        if is_poor(sighting):
            status, reason = Status.DEGRADED, why_degraded(sighting)
        estimate = self._found(sighting, stamp_s, status, reason)
        sighting = self._examine_depth(window, sighting)
        # Where the camera stands a key frame shows nothing new, whoever hides the tracks.
        if not is_still and wants_key_frame(sighting, window.tracks.active_px,
                                            awaits_depth=self._depth.is_awaited):
            self._insert_key_frame(window, sighting, has_depth=True)
            estimate = replace(estimate, is_key_frame=True)
        return estimate

    def _sight(self, window: KeyFrameWindow, image: Image, stamp_s: float) -> Sighting | Miss:
        T_camera_world, last = self._progress.T_camera_world, self._progress.last
        T_predicted = self._progress.predicted(stamp_s)
        R_world_reference = window.T_camera_world[-1][:3, :3].T
        start = predict_flow(None if last is None else last.pair,
                             T_camera_world[:3, :3] @ R_world_reference,
                             T_predicted[:3, :3] @ R_world_reference,
                             self._camera, self.focal.focal_px)
        return sight(self._flow, window, image, start, [T_camera_world, T_predicted])

    def _examine_depth(self, window: KeyFrameWindow, sighting: Sighting) -> Sighting:
        """Measure tracks in the depth image; go over to metres once it shows what they are."""
        factor = self._depth.examine(window, sighting)
        if factor == 1.0:
            return sighting
        window.rescale(factor)
        self._path.rescale(factor)
        self._archive.clear()
        return self._progress.rescale(factor, sighting)

    def _insert_key_frame(self, window: KeyFrameWindow, sighting: Sighting, *,
                          has_depth: bool = False) -> None:
        """Make a tracked frame the newest key frame and refine the window.

        Tracks end, and none start, on what moves: with its depth free, a point of a large thing
        that moves along the epipolar lines fits any motion, and many such points bend the map.
        """
        target_px = sighting.matches.target_px
        follows = sighting.is_inlier & ~lies_in(self._progress.moving, target_px)
        if follows.sum() < MINIMUM_INLIERS:
            follows = sighting.is_inlier
        window.add(sighting.image, sighting.T_camera_world, target_px, sighting.matches.weight,
                   follows)
        self._path.add(self._progress.stamp_s)
        if self._refines:
            self._depth.adjust(window, self.focal,
                               float(np.clip(1.5 * sighting.noise_px, 1.0, 3.0)))
            self._take_back_drift(window)
            self._progress.debt.owe(sighting.T_camera_world, window.T_camera_world[-1])
        if window.is_full:
            self._path.settle(window.T_camera_world[:1])
            window.drop_oldest()
        window.seed(self._progress.moving)
        if has_depth:
            self._depth.measure_new(window)
        self._refer_to(window, sighting)

    def _take_back_drift(self, window: KeyFrameWindow) -> None:
        """Take back a part of the drift where the camera sees again what it saw long ago."""
        view = self._archive.view_from(window.T_camera_world[-1], window.focal_px)
        recalled = None if view is None else recall(view, window)
        if recalled is not None:
            give_way(window, recalled)
        if window.is_full:
            self._archive.put(window)

    def _refer_to(self, window: KeyFrameWindow, sighting: Sighting) -> None:
        self._progress.refer_to(window, sighting)
        self._stillness.forget()

    # What comes out -------------------------------------------------------------------------

    def _found(self, sighting: Sighting, stamp_s: float, status: Status,
               reason: Reason) -> MotionEstimate:
        self._unmatched_since_s = None
        return self._progress.found(sighting, stamp_s, status, reason, self._window,
                                    self.focal)

    def _missed(self, window: KeyFrameWindow, image: Image, stamp_s: float,
                reason: Reason) -> MotionEstimate:
        """Say that the view fits the map nowhere; after a while give the map up."""
        if self._unmatched_since_s is None:
            self._unmatched_since_s = stamp_s
        if stamp_s - self._unmatched_since_s >= GIVE_UP_S:
            self._path.settle(window.T_camera_world)
            self._window = None
            self._begin(image, stamp_s)
        return self._lost(reason)

    def _lost(self, reason: Reason) -> MotionEstimate:
        self._progress.stop()
        return lost(reason)
