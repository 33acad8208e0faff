# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundle adjustment of the sliding window, and what it teaches about the focal length."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    absolute_information,
    CovarianceOptions,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.se3 import inverse
from anycam_ros.refinement import Priors, refine, RefinementConfig, RefinementResult, Tracks


@dataclass(frozen=True)
class LocalBundleAdjustmentOptions:
    """Choose how long the window is refined, and when the focal length may move."""

    first_iterations: int = 40         # from the rough poses and depths of a new map
    iterations: int = 6                # from what the key frame before has left: converged
    focal_key_frames: int = 3          # two views do not show the focal length, three do
    focal_key_frames_metric: int = 2   # with depth in both, two do, from any start
    noise_ratio: float = 1.5           # of the robust threshold to the noise of the matches
    minimum_threshold_px: float = 1.0  # of the robust kernel
    maximum_threshold_px: float = 3.0

    def threshold_px(self, noise_px: float) -> float:
        """Return the robust threshold for matches with a median error of noise_px."""
        return float(np.clip(self.noise_ratio * noise_px, self.minimum_threshold_px,
                             self.maximum_threshold_px))


def adjust_bundle(window: SlidingWindow, focal: FocalState, robust_threshold_px: float,
                  options: LocalBundleAdjustmentOptions,
                  covariance: CovarianceOptions) -> RefinementResult:
    """Refine poses, inverse depths and focal length of the window, if they are observable.

    The robust threshold is the scale of Cauchy's kernel.
    """
    tracks, key_frames = window.tracks, len(window)
    is_metric = window.is_metric
    is_new = key_frames <= options.focal_key_frames and not window.has_slid
    shows_focal = options.focal_key_frames_metric if is_metric else options.focal_key_frames
    estimates_focal = key_frames >= shows_focal and not focal.is_given
    result = refine(
        Tracks(tracks.first_frame, tracks.points_px, tracks.weight, tracks.inverse_depth),
        inverse(window.T_camera_world), focal.focal_px,
        RefinementConfig(
            kernel='cauchy', delta_px=robust_threshold_px, estimate_focal=estimates_focal,
            fixed_frames=2 if window.has_slid and not is_metric else 1,
            fixed_scale=not is_metric,
            maximum_iterations=options.first_iterations if is_new else options.iterations),
        Priors(tracks.prior, tracks.prior_information, focal.prior_focal_px,
               focal.prior_information, measured_inverse_depth=tracks.measured,
               measured_inverse_depth_information=tracks.measured_information
               if is_metric else None))
    if result.not_observable:
        return result
    window.T_camera_world = inverse(result.T_world_camera)
    tracks.inverse_depth = result.inverse_depth
    tracks.information = result.inverse_depth_information
    if estimates_focal:
        information = result.information.log_focal - focal.prior_information
        focal.update(result.focal_px, information)
        focal.show(absolute_information(information, result.noise_px, covariance))
        window.focal_px = focal.focal_px
    return result
