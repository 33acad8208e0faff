# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rotation-only tracking: before there is a map, the camera turns, and parallax is awaited."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import (
    follow,
    lies_in,
    Matches,
    MatchingOptions,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import (
    fit_rotation,
    FocalPrior,
    RotationFit,
    two_view_hypotheses,
    TwoViewGeometry,
    TwoViewOptions,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.initialisation.lens_turn import (
    fit_lens_turn,
    LensTurn,
    LensTurnOptions,
)
from anycam_ros.frontend.geometric.mapping.seeding import best_corners, SeedingOptions
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, from_rotation_translation


@dataclass(frozen=True)
class RotationOnlyOptions:
    """Choose what is no motion, what is a turn, and how much parallax starts a map."""

    minimum_share: float = 0.25        # of the points that the reference still has in view
    minimum_points: int = 30           # of them
    minimum_noise_px: float = 0.1      # of a turn; between equal images it only seems less
    inlier_noise_ratio: float = 3.0    # of the largest residual of an inlier to that noise
    parallax_percentile: float = 75.0  # of what rotation leaves: half of the points may be far
    parallax: float = 0.008            # of the longer side, after the rotation is taken out
    trial_growth: float = 1.1          # of the parallax, from one trial that fails to the next
    minimum_views: int = 3             # between reference and image, to decide between hypotheses
    ample_parallax: float = 0.015      # of the longer side; enough for two views
    low_parallax: float = 0.007        # of it, when the reference is about to leave the view
    low_parallax_share: float = 0.6    # of the points in view: that is when it is about to
    view_parallax: float = 0.002       # of the longer side, from one remembered view to the next
    maximum_views: int = 5             # remembered; more cost time and tell little
    expired_px: float = 0.15           # median motion of a stationary camera's points, at most
    expired_frames: int = 8            # after which its reference is replaced
    telling_turn_rad: float = 0.1      # of the optical axis: an error of 10 % is 4 px at the edges
    far_turn_rad: float = 0.3          # of the optical axis: it shows the focal length, and the
                                       # view is about to be left
    maximum_turn_noise_px: float = 0.5     # median of what a turn leaves where nothing else moved
    turn_noise_ratio: float = 0.4          # of it to what the turn leaves with a focal length that
                                           # does not suit it; parallax leaves as much with any


class RotationOnlyTracker:
    """Follow a reference image by rotation alone until two views show depth.

    World is the reference camera here; the translation stays zero.
    """

    def __init__(self, camera: ProcessingCamera, reference: Image, options: RotationOnlyOptions,
                 matching: MatchingOptions, two_view: TwoViewOptions,
                 seeding: SeedingOptions, left_out: NDArray[np.bool_] | None = None) -> None:
        """Start at a reference image, without what is fixed to the camera, left_out (H, W)."""
        self.camera, self.reference = camera, reference
        self._options, self._matching, self._two_view = options, matching, two_view
        self.points_px = best_corners(reference, seeding).reshape(-1, 2)
        if left_out is not None:
            self.points_px = self.points_px[~lies_in(left_out, self.points_px)]
        self.undistorted_px = camera.undistorted_px(self.points_px)
        self._R_camera_reference: Array = np.eye(3)
        self.is_stationary = True
        self.tracked_frames = 0
        self._failed_px = 0.0                    # parallax of the last pair that made no map
        self.views: list[TrackingResult] = []    # with growing parallax, between reference and now

    def track(self, image: Image, pair: FlowPair, prior: FocalPrior, *, is_stationary: bool,
              R_start: Array | None = None) -> TrackingResult | None:
        """Return how the camera turned since the reference; None when too little is in view.

        pair is the flow from the reference; is_stationary is whether the camera rests. The search
        for the turn starts from R_start (3, 3), or from that of the image before. With a wide turn
        the focal length is sought, too, about its prior: else its error is that of the turn.
        """
        options = self._options
        matches = follow(pair, self.points_px, self._matching)
        valid = matches.is_valid
        if valid.sum() < max(options.minimum_points, options.minimum_share * len(valid)):
            return None
        self.tracked_frames += 1
        self.is_stationary = is_stationary
        if self.is_stationary:
            R_start = np.eye(3)
        elif R_start is None:
            R_start = self._R_camera_reference
        observed_px = self.camera.undistorted_px(matches.target_px[valid])
        fit = fit_rotation(
            self.undistorted_px[valid], observed_px, matches.weight[valid], prior.focal_px,
            R_start, self._two_view, iterations=0 if self.is_stationary else 10)
        if math.isfinite(prior.information) and _turn_of_axis(fit.R_camera_reference) \
                > options.telling_turn_rad:
            other = fit_rotation(
                self.undistorted_px[valid], observed_px, matches.weight[valid], prior.focal_px,
                fit.R_camera_reference, self._two_view, focal_prior=prior)
            if self._is_turn(other, lambda: fit):
                fit = other
        self._R_camera_reference = fit.R_camera_reference
        return self._tracking_result(image, pair, matches, fit)

    def _tracking_result(self, image: Image, pair: FlowPair, matches: Matches,
                         fit: RotationFit) -> TrackingResult:
        options = self._options
        residual = np.full(len(matches.is_valid), np.inf)
        residual[matches.is_valid] = fit.residual_px
        noise_px = max(options.minimum_noise_px,
                       MEDIAN_TO_STD * float(np.median(fit.residual_px)))
        information = np.eye(6)
        information[3:, 3:] = fit.information
        return TrackingResult(
            image=image, pair=pair, matches=matches, residual_px=residual,
            is_inlier=residual < options.inlier_noise_ratio * noise_px,
            T_camera_world=from_rotation_translation(fit.R_camera_reference, np.zeros(3)),
            information=information, noise_px=noise_px)

    def has_turned_far(self, tracking: TrackingResult) -> bool:
        """Return whether a turn has shown of the focal length what one reference can show."""
        return _turn_of_axis(tracking.T_camera_world) > self._options.far_turn_rad

    def focal_shown(self, tracking: TrackingResult, prior: FocalPrior) -> RotationFit | None:
        """Return the turn since the reference with the focal length that it shows.

        None where the turn does not explain the motion: parallax would pass for a focal length.
        """
        valid = tracking.matches.is_valid
        fit = partial(
            fit_rotation, self.undistorted_px[valid],
            self.camera.undistorted_px(tracking.matches.target_px[valid]),
            tracking.matches.weight[valid], prior.focal_px, tracking.T_camera_world[:3, :3],
            self._two_view)
        other = fit(focal_prior=prior)
        return other if self._is_turn(other, fit) else None

    def _is_turn(self, other: RotationFit, fit: Callable[[], RotationFit]) -> bool:
        """Return whether a turn with a focal length of its own is what moved the image.

        fit returns the turn with the focal length that was thought; it may not be needed.
        """
        noise_px = float(np.median(other.residual_px))
        return noise_px < self._options.maximum_turn_noise_px \
            or noise_px < self._options.turn_noise_ratio * float(np.median(fit().residual_px))

    def is_reference_expired(self, tracking: TrackingResult) -> bool:
        """Return whether a stationary camera should take a fresh reference.

        Things move on and light changes; the threshold is well under what a creep adds up to.
        """
        moved_px = np.linalg.norm(tracking.matches.target_px - self.points_px, axis=1)
        rests = float(np.median(moved_px[tracking.matches.is_valid])) < self._options.expired_px
        return self.is_stationary and rests \
            and self.tracked_frames >= self._options.expired_frames

    def has_parallax(self, tracking: TrackingResult) -> bool:
        """Return whether reference and image, with the views in between, may show depth."""
        parallax, options = self._parallax(tracking), self._options
        enough = parallax > options.parallax and (
            len(self.views) >= options.minimum_views or parallax > options.ample_parallax)
        enough = enough or self.must_start_now(tracking)
        return enough and not self.is_stationary \
            and self.parallax_px(tracking) > options.trial_growth * self._failed_px

    def lens_turn(self, tracking: TrackingResult, chosen: NDArray[np.bool_], focal: FocalState,
                  options: LensTurnOptions) -> LensTurn:
        """Return the best turn that chosen matches show through any plausible lens."""
        return fit_lens_turn(
            self.undistorted_px[chosen],
            self.camera.undistorted_px(tracking.matches.target_px[chosen]),
            tracking.matches.weight[chosen], tracking.T_camera_world[:3, :3], focal.focal_px,
            focal.relative_std, options)

    def fail(self, tracking: TrackingResult) -> None:
        """Take note that reference and image did not make a map: more parallax must come."""
        self._failed_px = self.parallax_px(tracking)

    def hypotheses(self, tracking: TrackingResult, focal_px: float) -> list[TwoViewGeometry]:
        """Return what reference and image may show."""
        return two_view_hypotheses(
            self.undistorted_px, self.camera.undistorted_px(tracking.matches.target_px),
            tracking.matches.weight, focal_px, tracking.T_camera_world[:3, :3], self._two_view)

    def must_start_now(self, tracking: TrackingResult) -> bool:
        """Return whether waiting for more parallax gains nothing or loses the reference."""
        parallax, options = self._parallax(tracking), self._options
        leaving = tracking.matches.is_valid.mean() < options.low_parallax_share
        return bool(parallax > 2 * options.ample_parallax
                    or (leaving and parallax > options.low_parallax))

    def has_low_parallax(self, tracking: TrackingResult) -> bool:
        """Return whether a map must do with so little parallax that it may be a wrong one."""
        return self.must_start_now(tracking) \
            and self._parallax(tracking) < self._options.ample_parallax

    def parallax_px(self, tracking: TrackingResult) -> float:
        """Return what rotation leaves of the motion since the reference, a high percentile."""
        return float(np.percentile(tracking.residual_px[tracking.matches.is_valid],
                                   self._options.parallax_percentile))

    def _parallax(self, tracking: TrackingResult) -> float:
        return float(self.parallax_px(tracking) / max(self.reference.shape))

    def remember(self, tracking: TrackingResult) -> None:
        """Keep views with growing parallax, evenly, a bounded number."""
        step_px = self._options.view_parallax * max(self.reference.shape)
        last_px = self.parallax_px(self.views[-1]) if self.views else 0.0
        if self.parallax_px(tracking) > last_px + step_px:
            self.views.append(tracking)
        if len(self.views) > self._options.maximum_views:
            del self.views[::2]


def _turn_of_axis(R: Array) -> float:
    """Return the angle between the optical axes, rad."""
    return math.acos(min(1.0, max(-1.0, float(R[2, 2]))))
