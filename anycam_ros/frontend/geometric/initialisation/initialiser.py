# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the first image to the first window: follow the rotation until there is depth."""

import math

import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.stage_timer import MATCH, MOTION, StageTimer
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.flow_prediction import predict_flow
from anycam_ros.frontend.geometric.estimation.matcher import Matchers
from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    absolute_information,
    flow_noise_px,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import FocalPrior
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalFit
from anycam_ros.frontend.geometric.initialisation.first_window import FirstWindow
from anycam_ros.frontend.geometric.initialisation.map_initialiser import initialise_map
from anycam_ros.frontend.geometric.initialisation.older_references import (
    OlderReference,
    OlderReferences,
)
from anycam_ros.frontend.geometric.initialisation.rotation_only import RotationOnlyTracker
from anycam_ros.frontend.geometric.mapping.depth_prior import DepthPrior
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.geometric.picture_rest import PictureRest
from anycam_ros.frontend.geometric.segmentation.motion_mask import MotionMask
from anycam_ros.frontend.reason import Cause, Reason
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array

NO_OVERLAP = Reason(Cause.OTHER_VIEW, 'no overlap with the previous frame')
NO_MOTION = Reason(Cause.NO_PARALLAX, 'the camera does not move')
LITTLE_PARALLAX = Reason(Cause.NO_PARALLAX, 'too little parallax for a map')
MAP_STARTS = Reason(Cause.STARTING, 'the map starts')


class Initialiser:
    """Follow the rotation from a reference image, and make the first window.

    The camera state, the map and the motion mask go over to each new reference. Older ones are
    kept: parallax may build up slowly, or in turns that the newest does not outlast.
    """

    def __init__(self, camera: ProcessingCamera, matchers: Matchers, focal: FocalState,
                 camera_state: CameraState, local_map: LocalMap, motion_mask: MotionMask,
                 options: GeometricOptions, rest: PictureRest) -> None:
        self._camera, self._matchers, self._focal, self._rest = camera, matchers, focal, rest
        self._camera_state, self._map, self._motion_mask = camera_state, local_map, motion_mask
        self._options = options
        self._rotation_only: RotationOnlyTracker | None = None
        self._older = OlderReferences(options.older_references)
        self._compared: OlderReference | None = None     # with the newest image

    @property
    def waits_for(self) -> Reason:
        """Return why there is no map yet."""
        is_stationary = self._rotation_only is not None and self._rotation_only.is_stationary
        return NO_MOTION if is_stationary else LITTLE_PARALLAX

    def start_at(self, image: Image, stamp_s: float,
                 pair: FlowPair | None = None) -> RotationOnlyTracker:
        """Make an image the reference that parallax is waited for against.

        pair leads to it from the reference before, where there is one.
        """
        options = self._options
        self._rotation_only = RotationOnlyTracker(
            self._camera, image, options.rotation_only, options.matching, options.two_view,
            options.seeding, self._rest.left_out)
        self._map.change_world(self._camera_state.T_camera_world)
        self._camera_state.start_at(stamp_s)
        self._motion_mask.new_reference(is_newest=pair is not None)
        return self._rotation_only

    def track(self, image: Image, stamp_s: float, timer: StageTimer) -> TrackingResult | None:
        """Return how the camera turned since the reference; None when too little is in view."""
        rotation_only = self._rotation_only or self.start_at(image, stamp_s)
        tracking, last = self._track(rotation_only, image, timer), self._camera_state.tracking
        if tracking is None and last is not None:
            # The reference has left the view: the frame before takes its place.
            self._learn_from_turn(rotation_only, last)
            self._older.clear()
            rotation_only = self.start_at(last.image, self._camera_state.stamp_s)
            tracking = self._track(rotation_only, image, timer)
        if tracking is None:
            self._older.clear()
            self.start_at(image, stamp_s)
        self._compared = None
        if tracking is not None and not rotation_only.is_stationary:
            with timer.stage(MATCH):
                self._compared = self._older.compare(
                    image, tracking.T_camera_world[:3, :3], self._focal_prior(rotation_only),
                    self._match)
        return tracking

    def first_window(self, tracking: TrackingResult, stamp_s: float,
                     depth: DepthPrior) -> FirstWindow | None:
        """Return the first window; None while there is neither depth nor parallax for one."""
        assert self._rotation_only is not None
        options, older = self._options, self._compared
        window = depth.first_window(tracking.image, self._focal.focal_px,
                                    options.local_map.window, options.seeding)
        if window is not None:
            return FirstWindow(window, True, stamp_s, np.eye(3))
        R_camera_newest = tracking.T_camera_world[:3, :3]
        if older is not None:
            window = self._window_from_parallax(older.rotation_only, older.tracking)
            if window is not None:
                return FirstWindow(window, False, older.stamp_s,
                                   R_camera_newest @ older.R_newest_reference)
        window = self._window_from_parallax(self._rotation_only, tracking)
        return None if window is None else FirstWindow(
            window, False, self._camera_state.reference_stamp_s, R_camera_newest)

    def renew_reference(self, tracking: TrackingResult, stamp_s: float) -> None:
        """Make the newest image the reference where the one so far has served its time."""
        rotation_only, reference_s = self._rotation_only, self._camera_state.reference_stamp_s
        assert rotation_only is not None
        has_turned_far = rotation_only.has_turned_far(tracking)
        if has_turned_far:
            self._learn_from_turn(rotation_only, tracking)
        older = self._options.older_references
        is_old = stamp_s - reference_s >= older.spacing_s \
            and rotation_only.tracked_frames >= older.spacing_frames
        if has_turned_far or (is_old and not rotation_only.is_stationary):
            self._older.keep(rotation_only, reference_s, tracking)
            self.start_at(tracking.image, stamp_s, tracking.pair)
        elif self._rest.is_at_rest_for_long and rotation_only.is_reference_expired(tracking):
            self.start_at(tracking.image, stamp_s, tracking.pair)

    def stop(self) -> None:
        """Drop the references: there is a map."""
        self._rotation_only = self._compared = None
        self._older.clear()

    def _track(self, rotation_only: RotationOnlyTracker, image: Image,
               timer: StageTimer) -> TrackingResult | None:
        last = self._camera_state.tracking
        # A camera that stands may do so for hours: what moves before it needs no finer flow.
        matcher = self._matchers.with_map if self._rest.is_stationary \
            else self._matchers.without_map
        with timer.stage(MATCH):
            start = None if last is None else last.pair.on_grid(matcher.stride)
            pair = matcher.flow(rotation_only.reference, image, start, self._rest.left_out)
        with timer.stage(MOTION):
            return rotation_only.track(image, pair, self._focal_prior(rotation_only),
                                       is_stationary=self._rest.is_stationary)

    def _match(self, older: OlderReference, image: Image, R_camera_reference: Array) -> FlowPair:
        before, matcher = older.tracking, self._matchers.without_map
        start = predict_flow(
            before.pair.on_grid(matcher.stride), before.T_camera_world[:3, :3],
            R_camera_reference, camera=self._camera, focal_px=self._focal.focal_px,
            stride=matcher.stride, options=self._options.flow_prediction)
        return matcher.flow(older.rotation_only.reference, image, start, self._rest.left_out)

    def _window_from_parallax(self, rotation_only: RotationOnlyTracker,
                              tracking: TrackingResult) -> SlidingWindow | None:
        options = self._options
        has_parallax = rotation_only.has_parallax(tracking)
        rotation_only.remember(tracking)
        if not has_parallax:
            return None
        window = initialise_map(rotation_only, tracking, self._focal, options.map_initialiser,
                                options.local_map, options.covariance)
        if window is None:
            rotation_only.fail(tracking)
        return window

    def _focal_prior(self, rotation_only: RotationOnlyTracker) -> FocalPrior:
        """Return what is known of the focal length, as a fit to the points weighs it."""
        focal = self._focal
        if focal.is_given:
            return FocalPrior(focal.focal_px, math.inf)
        return FocalPrior(focal.prior_focal_px, focal.prior_information(
            focal.noise_px, len(rotation_only.points_px)))

    def _learn_from_turn(self, rotation_only: RotationOnlyTracker,
                         tracking: TrackingResult) -> None:
        """Take the focal length that a turn shows from its reference to its last view."""
        if self._focal.is_given:
            return
        prior, observations = self._focal_prior(rotation_only), len(rotation_only.points_px)
        shown = rotation_only.focal_shown(tracking, prior)
        if shown is not None:
            covariance = self._options.covariance
            noise_px = flow_noise_px(shown.residual_px, covariance)
            fit = FocalFit(shown.focal_px, shown.focal_information, *prior, noise_px, observations)
            self._focal.learn(fit.evidence(self._focal.options.error))
            self._focal.show(absolute_information(shown.focal_information, noise_px, covariance))
