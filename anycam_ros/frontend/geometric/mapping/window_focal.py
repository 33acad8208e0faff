# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal length that a window shows by itself, and what the window does with another one.

What a window passes on to the next, depths and poses, holds the focal length that it was made
with, and shows it again however wrong it is. So it is left out here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    absolute_information,
    CovarianceOptions,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalFit
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.se3 import inverse
from anycam_ros.refinement import Priors, refine, RefinementConfig, RefinementResult, Tracks


@dataclass(frozen=True)
class WindowFocalOptions:
    """Choose how often a window is asked for the focal length, and by how much of it."""

    interval: int = 4          # key frames; half a window is new
    tracks: int = 700          # about so many are as good as all, since their errors agree
    iterations: int = 15
    maximum_deviation: float = 2.0     # standard deviations of its own from what is known
    anew_iterations: int = 40


def tracks_of(window: SlidingWindow, rows: NDArray[np.int64]) -> Tracks:
    """Return chosen tracks of the window."""
    tracks = window.tracks
    return Tracks(tracks.first_frame[rows], tracks.points_px[rows], tracks.weight[rows],
                  tracks.inverse_depth[rows])


def observations_of(tracks: Tracks) -> int:
    """Return how often tracks are seen after their first key frame."""
    return int((np.asarray(tracks.weight)[:, 1:] > 0).sum())


def learn_focal(window: SlidingWindow, focal: FocalState, threshold_px: float,
                options: WindowFocalOptions, covariance: CovarianceOptions) -> None:
    """Take the focal length that the window shows by itself, once half of it is new."""
    focal.end_growth()
    window.key_frames_since_focal += 1
    if window.key_frames_since_focal < options.interval:
        return
    window.key_frames_since_focal = 0
    rows = np.flatnonzero((window.tracks.weight[:, 1:] > 0).any(axis=1))
    stride = max(-(-len(rows) // options.tracks), 1)
    rows = rows[::stride]
    tracks = tracks_of(window, rows)
    observations, prior_px = observations_of(tracks), focal.prior_focal_px
    prior_information = focal.prior_information(focal.noise_px, observations, stride)
    result = refine(tracks, inverse(window.T_camera_world), focal.focal_px,
                    RefinementConfig(kernel='cauchy', delta_px=threshold_px,
                                     fixed_scale=not window.is_metric,
                                     maximum_iterations=options.iterations),
                    _measured(window, rows, prior_px, prior_information))
    if result.not_observable:
        return
    fit = FocalFit(result.focal_px, result.information.log_focal - prior_information, prior_px,
                   prior_information, result.noise_px, observations, stride)
    focal.learn(fit.evidence(focal.options.error), options.interval / (len(window) - 1))
    focal.show(stride * absolute_information(fit.information, result.noise_px, covariance))


def go_over_to_focal(window: SlidingWindow, focal: FocalState, threshold_px: float,
                     options: WindowFocalOptions) -> None:
    """Find the window anew with the focal length that is known, where its own is far from it."""
    if focal.deviation(window.focal_px) < options.maximum_deviation:
        return
    rows, window.focal_px = np.arange(len(window.tracks)), focal.focal_px
    result = refine(tracks_of(window, rows), inverse(window.T_camera_world), window.focal_px,
                    RefinementConfig(kernel='cauchy', delta_px=threshold_px,
                                     estimate_focal=False, fixed_scale=not window.is_metric,
                                     maximum_iterations=options.anew_iterations),
                    _measured(window, rows, window.focal_px, 0.0))
    if not result.not_observable:
        take_over(window, result)
        window.tracks.prior = result.inverse_depth.copy()


def take_over(window: SlidingWindow, result: RefinementResult) -> None:
    """Go over to the poses and inverse depths of a refinement of all tracks."""
    window.T_camera_world = inverse(result.T_world_camera)
    window.tracks.inverse_depth = result.inverse_depth
    window.tracks.information = result.inverse_depth_information


def _measured(window: SlidingWindow, rows: NDArray[np.int64], focal_px: float,
              information: float) -> Priors:
    """Return the priors without what windows before this one have left."""
    tracks = window.tracks
    return Priors(focal_px=focal_px, log_focal_information=information,
                  measured_inverse_depth=tracks.measured[rows],
                  measured_inverse_depth_information=tracks.measured_information[rows]
                  if window.is_metric else None)
