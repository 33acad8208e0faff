# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Before there is a map: stand still, turn, and wait for parallax."""

import numpy as np

from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.frontend.geometric.estimation.matching import (
    flow_both_ways,
    FlowPair,
    follow,
    Matches,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import (
    fit_rotation,
    FocalPrior,
    RotationFit,
    two_view_hypotheses,
    TwoViewGeometry,
)
from anycam_ros.frontend.geometric.mapping.local_map import best_corners
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, from_rotation_translation, so3_log

STATIONARY_PX = 0.6
STATIONARY_SHARE = 0.5                # of the points; people cover less of a picture than this
MINIMUM_SHARE = 0.25             # of the points that the reference still has in view
MINIMUM_POINTS = 30
PARALLAX = 0.008                 # of the longer side, after the rotation is taken out
MINIMUM_VIEWS = 3                # between reference and image
AMPLE_PARALLAX = 0.015           # enough for two views
LOW_PARALLAX = 0.007         # when the reference is about to leave the view
LOW_PARALLAX_SHARE = 0.6
VIEW_PARALLAX = 0.002
MAXIMUM_VIEWS = 5
CALM_PX = 0.15
RENEWAL_FRAMES = 8
FAR_TURN_RAD = 0.3
MAXIMUM_TURN_NOISE_PX = 0.5      # median of what a turn leaves where nothing else moved


class RotationOnlyTracker:
    """Follow a reference image by rotation alone until two views show depth.

    World is the reference camera here; the translation stays zero.
    """

    def __init__(self, flow: DenseFlow, camera: ProcessingCamera, reference: Image) -> None:
        """Start at a reference image."""
        self._flow, self.camera = flow, camera
        self.reference = reference
        self.points_px = best_corners(reference).reshape(-1, 2)
        self.centred = camera.centred(self.points_px)
        self._R_camera_reference: Array = np.eye(3)
        self._pair: FlowPair | None = None
        self.is_stationary = True
        self._looks = 0
        self.views: list[TrackingResult] = []    # with growing parallax, between reference and now

    def look(self, image: Image, focal_px: float) -> TrackingResult | None:
        """Return how the camera turned since the reference; None when too little is in view."""
        self._pair = flow_both_ways(self._flow, self.reference, image, self._pair)
        matches = follow(self._pair, self.points_px)
        valid = matches.is_valid
        if valid.mean() < MINIMUM_SHARE or valid.sum() < MINIMUM_POINTS:
            return None
        moved_px = np.linalg.norm(matches.target_px - self.points_px, axis=1)
        self.is_stationary = bool((moved_px[valid] < STATIONARY_PX).mean() > STATIONARY_SHARE)
        if self.is_stationary:
            self._R_camera_reference = np.eye(3)
            fit = RotationFit(np.eye(3), moved_px[valid], np.eye(3), focal_px, 0.0)
        else:
            observed = self.camera.centred(matches.target_px[valid])
            fit = fit_rotation(self.centred[valid], observed, matches.weight[valid], focal_px,
                               self._R_camera_reference)
            self._R_camera_reference = fit.R_camera_reference
        return self._tracking_result(image, matches, fit)

    def _tracking_result(self, image: Image, matches: Matches, fit: RotationFit) -> TrackingResult:
        assert self._pair is not None
        residual = np.full(len(matches.is_valid), np.inf)
        residual[matches.is_valid] = fit.residual_px
        noise_px = max(0.1, MEDIAN_TO_STD * float(np.median(fit.residual_px)))
        information = np.eye(6)
        information[3:, 3:] = fit.information
        return TrackingResult(image, self._pair, matches, residual < 3 * noise_px,
                              from_rotation_translation(fit.R_camera_reference, np.zeros(3)),
                              information, noise_px)

    @staticmethod
    def has_turned_far(tracking: TrackingResult) -> bool:
        """Return whether a turn has shown of the focal length what one reference can show."""
        turn = so3_log(tracking.T_camera_world[:3, :3])
        return bool(np.linalg.norm(turn) > FAR_TURN_RAD)

    def focal_shown(self, tracking: TrackingResult, prior: FocalPrior) -> RotationFit | None:
        """Return the turn since the reference with the focal length that it shows.

        None where the turn does not explain the motion: parallax would pass for a focal length.
        """
        valid = tracking.matches.is_valid
        fit = fit_rotation(
            self.centred[valid], self.camera.centred(tracking.matches.target_px[valid]),
            tracking.matches.weight[valid], prior.focal_px, tracking.T_camera_world[:3, :3],
            focal_prior=prior)
        return fit if np.median(fit.residual_px) < MAXIMUM_TURN_NOISE_PX else None

    def is_reference_expired(self, tracking: TrackingResult) -> bool:
        """Return whether a camera that stands should take a fresh reference.

        Things move on and light changes; the threshold is well under what a creep adds up to.
        """
        self._looks += 1
        moved_px = np.linalg.norm(tracking.matches.target_px - self.points_px, axis=1)
        calm = float(np.median(moved_px[tracking.matches.is_valid])) < CALM_PX
        return self.is_stationary and calm and self._looks >= RENEWAL_FRAMES

    def hypotheses(self, tracking: TrackingResult, focal_px: float) -> list[TwoViewGeometry]:
        """Return what reference and image may show, once there is parallax enough for it."""
        parallax = self.parallax_px(tracking) / max(self.reference.shape)
        enough = parallax > PARALLAX and (
            len(self.views) >= MINIMUM_VIEWS or parallax > AMPLE_PARALLAX)
        if self.is_stationary or not (enough or self.must_start_now(tracking)):
            self._remember(tracking)
            return []
        hypotheses = two_view_hypotheses(
            self.centred, self.camera.centred(tracking.matches.target_px),
            tracking.matches.weight, focal_px)
        self._remember(tracking)
        return hypotheses

    def must_start_now(self, tracking: TrackingResult) -> bool:
        """Return whether waiting for more parallax gains nothing or loses the reference."""
        parallax = self.parallax_px(tracking) / max(self.reference.shape)
        leaving = tracking.matches.is_valid.mean() < LOW_PARALLAX_SHARE
        return bool(parallax > 2 * AMPLE_PARALLAX or (leaving and parallax > LOW_PARALLAX))

    def has_low_parallax(self, tracking: TrackingResult) -> bool:
        """Return whether a map must do with so little parallax that it may be a wrong one."""
        parallax = self.parallax_px(tracking) / max(self.reference.shape)
        return self.must_start_now(tracking) and parallax < AMPLE_PARALLAX

    @staticmethod
    def parallax_px(tracking: TrackingResult) -> float:
        """Return the median of what rotation leaves of the motion since the reference."""
        return tracking.noise_px / MEDIAN_TO_STD

    def _remember(self, tracking: TrackingResult) -> None:
        """Keep views with growing parallax, evenly, a bounded number."""
        step_px = VIEW_PARALLAX * max(self.reference.shape)
        last_px = self.parallax_px(self.views[-1]) if self.views else 0.0
        if self.parallax_px(tracking) > last_px + step_px:
            self.views.append(tracking)
        if len(self.views) > MAXIMUM_VIEWS:
            del self.views[::2]
