# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The first window of key frames, from the reference, the views since and the newest image."""

from dataclasses import dataclass, field
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.estimation.pose_covariance import CovarianceOptions
from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import TwoViewGeometry
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.initialisation.lens_turn import LensTurnOptions
from anycam_ros.frontend.geometric.initialisation.rotation_only import RotationOnlyTracker
from anycam_ros.frontend.geometric.mapping.local_bundle_adjustment import adjust_bundle
from anycam_ros.frontend.geometric.mapping.local_map import LocalMapOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import so3_log
from anycam_ros.refinement import RefinementResult


@dataclass(frozen=True)
class MapInitialiserOptions:
    """Choose which of the hypotheses of two views makes a map."""

    robust_threshold_px: float = 1.5   # of the poses in between and of the bundle adjustment
    outlier_px: float = 3.0            # reprojection error
    depth_std: float = 0.2             # relative, of a depth from two views
    maximum_noise_px: float = 0.6      # of a map that fits
    maximum_noise_share: float = 0.12  # of the parallax; with more, something else moved
    # What depths must explain beyond a turn. Those of noise alone explain half of its square, a
    # gain of 2: each takes one of the two coordinates of a match. A wrong step that a wrong turn
    # makes up for fits two things that move apart, with a gain of 4 to 6.
    minimum_gain: float = 8.0          # squared error of the best turn over that of the map
    # A step and a turn that cancel over most of the image are a coincidence, or fit movers.
    cancelled_flow: float = 3.0        # of the flow of that turn to what the image shows
    lens_turn: LensTurnOptions = field(default_factory=LensTurnOptions)
    clear_lead: float = 1.25           # of the best evidence over what says something else
    same_direction_rad: float = 0.35   # between steps of hypotheses that say the same


class _Trial(NamedTuple):
    """Hold one hypothesis of the first views."""

    evidence: float          # log likelihood over that of a turn, for errors of a deviation of 1
    window: SlidingWindow
    focal: FocalState

    def contradicts(self, best: '_Trial', options: MapInitialiserOptions) -> bool:
        """Return whether this fits nearly as well as the best but says something else."""
        here, there = (trial.window.T_camera_world[-1][:3, 3] for trial in (self, best))
        cosine = here @ there / (np.linalg.norm(here) * np.linalg.norm(there))
        return bool(options.clear_lead * self.evidence > best.evidence
                    and cosine < math.cos(options.same_direction_rad))


class _Gain(NamedTuple):
    """Hold the squared error of the best turn over that of a map."""

    of_errors: float
    with_lens: float         # more, where the turn needs an implausible lens


def initialise_map(rotation_only: RotationOnlyTracker, tracking: TrackingResult,
                   focal: FocalState, options: MapInitialiserOptions, mapping: LocalMapOptions,
                   covariance: CovarianceOptions) -> SlidingWindow | None:
    """Return the refined first window; None while there is too little parallax for one.

    Of several hypotheses of two views the one is taken that explains most beyond a turn; the
    focal length becomes the one that it shows.
    """
    limit_px = max(options.maximum_noise_px,
                   options.maximum_noise_share * rotation_only.parallax_px(tracking))
    trials = []
    for geometry in rotation_only.hypotheses(tracking, focal.focal_px):
        if _cancels(rotation_only, tracking, geometry, focal, options):
            continue
        trial_focal = focal.copy()
        window = _two_view_window(rotation_only, tracking, geometry, focal.focal_px, options,
                                  mapping.window)
        result = adjust_bundle(window, trial_focal, options.robust_threshold_px,
                               mapping.bundle_adjustment, covariance)
        if result.not_observable or result.noise_px > limit_px:
            continue
        gain = _gain(rotation_only, tracking, geometry, focal, result, options, covariance)
        if gain.with_lens > options.minimum_gain:
            evidence = np.count_nonzero(geometry.is_inlier) * math.log(gain.of_errors)
            trials.append(_Trial(evidence, window, trial_focal))
    if not trials:
        return None
    best = max(trials, key=lambda trial: trial.evidence)
    if not rotation_only.must_start_now(tracking) and any(
            trial.contradicts(best, options) for trial in trials):
        return None
    focal.become(best.focal)
    best.window.has_low_parallax = rotation_only.has_low_parallax(tracking)
    return best.window


def _cancels(rotation_only: RotationOnlyTracker, tracking: TrackingResult,
             geometry: TwoViewGeometry, focal: FocalState,
             options: MapInitialiserOptions) -> bool:
    """Return whether a turn beyond the apparent one takes back what a step makes of the image."""
    R_beyond = geometry.T_camera_reference[:3, :3] @ tracking.T_camera_world[:3, :3].T
    valid = tracking.matches.is_valid
    flow_px = np.linalg.norm((tracking.matches.target_px - rotation_only.points_px)[valid], axis=1)
    return bool(focal.focal_px * np.linalg.norm(so3_log(R_beyond))
                > options.cancelled_flow * np.median(flow_px))


def _gain(rotation_only: RotationOnlyTracker, tracking: TrackingResult,
          geometry: TwoViewGeometry, focal: FocalState, result: RefinementResult,
          options: MapInitialiserOptions, covariance: CovarianceOptions) -> _Gain:
    """Return the squared error that the best turn leaves over that of the map.

    Errors beyond that of an outlier count as such. A turn that needs an implausible lens leaves
    more: the prior weighs as much as one group of tracks that err alike.
    """
    turn = rotation_only.lens_turn(tracking, geometry.is_inlier, focal, options.lens_turn)
    squares = [float(np.nansum(np.minimum(error_px, options.outlier_px) ** 2))
               for error_px in (turn.residual_px, result.residual_px[:, -1])]
    groups = max(len(turn.residual_px) / covariance.correlated_tracks, 1.0)
    of_errors = squares[0] / max(squares[1], 1e-12)
    return _Gain(of_errors, of_errors * math.exp(min(turn.implausibility / groups, 9.0)))


def _two_view_window(rotation_only: RotationOnlyTracker, tracking: TrackingResult,
                     geometry: TwoViewGeometry, focal_px: float, options: MapInitialiserOptions,
                     window_options: SlidingWindowOptions) -> SlidingWindow:
    window = SlidingWindow(rotation_only.camera, focal_px, window_options)
    chosen = geometry.is_inlier
    window.start(rotation_only.reference, rotation_only.points_px[chosen],
                 geometry.inverse_depth[chosen])
    for view in rotation_only.views:
        if view.image is not tracking.image:
            _add_view(window, view, chosen, options)
    window.append_keyframe(
        tracking.image, geometry.T_camera_reference, tracking.matches.target_px[chosen],
        tracking.matches.weight[chosen], np.ones(chosen.sum(), np.bool_))
    return window


def _add_view(window: SlidingWindow, view: TrackingResult, chosen: NDArray[np.bool_],
              options: MapInitialiserOptions) -> None:
    """Add a view in between as a key frame, at the pose that fits the two-view geometry."""
    tracks = window.tracks
    direction = rays(tracks.points_px[:, 0], window.focal_px)
    target = view.matches.target_px[chosen]
    weight = view.matches.weight[chosen]
    information = 1.0 / (options.depth_std * tracks.inverse_depth) ** 2
    points = Points(ray=direction, centre=np.zeros_like(direction),
                    inverse_depth=tracks.inverse_depth, information=information,
                    observed_px=window.camera.undistorted_px(target), weight=weight)
    fit = fit_pose(points, window.focal_px, view.T_camera_world, options.robust_threshold_px,
                   heavy_tailed=True)
    window.append_keyframe(view.image, fit.T_camera_world, target,
                           np.where(fit.residual_px < options.outlier_px, weight, 0.0),
                           np.ones(len(weight), np.bool_))
