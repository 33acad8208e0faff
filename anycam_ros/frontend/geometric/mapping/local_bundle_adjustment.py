# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundle adjustment of the sliding window, and what it teaches about the focal length."""

from dataclasses import dataclass, field

import numpy as np

from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    absolute_information,
    CovarianceOptions,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalFit
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.mapping.window_focal import (
    go_over_to_focal,
    learn_focal,
    observations_of,
    take_over,
    tracks_of,
    WindowFocalOptions,
)
from anycam_ros.geometry.se3 import inverse
from anycam_ros.refinement import Priors, refine, RefinementConfig, RefinementResult


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
    focal: WindowFocalOptions = field(default_factory=WindowFocalOptions)

    def threshold_px(self, noise_px: float) -> float:
        """Return the robust threshold for matches with a median error of noise_px."""
        return float(np.clip(self.noise_ratio * noise_px, self.minimum_threshold_px,
                             self.maximum_threshold_px))


def adjust_bundle(window: SlidingWindow, focal: FocalState, robust_threshold_px: float,
                  options: LocalBundleAdjustmentOptions,
                  covariance: CovarianceOptions) -> RefinementResult:
    """Refine poses, inverse depths and focal length of the window, if they are observable.

    The focal length of the window is refined under what is known of it, since it also makes up
    for what is wrong with the lens; what is learned of it is another matter.
    The robust threshold is the scale of Cauchy's kernel.
    """
    if window.has_slid and not focal.is_given:
        learn_focal(window, focal, robust_threshold_px, options.focal, covariance)
        go_over_to_focal(window, focal, robust_threshold_px, options.focal)
    key_frames, is_metric, grows = len(window), window.is_metric, not window.has_slid
    shows_focal = options.focal_key_frames_metric if is_metric else options.focal_key_frames
    estimates_focal = key_frames >= shows_focal and not focal.is_given
    tracks = tracks_of(window, np.arange(len(window.tracks)))
    observations = observations_of(tracks)
    prior_px = focal.prior_focal_px
    prior_information = focal.prior_information(focal.noise_px, observations)
    result = refine(
        tracks, inverse(window.T_camera_world), window.focal_px,
        RefinementConfig(
            kernel='cauchy', delta_px=robust_threshold_px, estimate_focal=estimates_focal,
            fixed_frames=1 if grows or is_metric else 2, fixed_scale=not is_metric,
            maximum_iterations=options.first_iterations
            if grows and key_frames <= options.focal_key_frames else options.iterations),
        Priors(window.tracks.prior, window.tracks.prior_information, prior_px,
               prior_information, measured_inverse_depth=window.tracks.measured,
               measured_inverse_depth_information=window.tracks.measured_information
               if is_metric else None))
    if result.not_observable:
        return result
    take_over(window, result)
    focal.noise_px = result.noise_px
    if estimates_focal:
        window.focal_px = result.focal_px
        if grows:
            fit = FocalFit(result.focal_px, result.information.log_focal - prior_information,
                           prior_px, prior_information, result.noise_px, observations)
            focal.learn_from_growing_map(fit.evidence(focal.options.error), key_frames)
            focal.show(absolute_information(fit.information, result.noise_px, covariance))
    return result
