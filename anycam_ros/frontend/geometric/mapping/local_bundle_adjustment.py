# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundle adjustment of the window, and what it teaches about the focal length."""

import numpy as np

from anycam_ros.frontend.geometric.estimation.pose_covariance import absolute_information
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.geometry.se3 import inverse
from anycam_ros.refinement import Priors, refine, RefinementConfig, RefinementResult, Tracks

COLD_ITERATIONS = 40
WARM_ITERATIONS = 6
COLD_KEY_FRAMES = 3              # two views do not show the focal length, from three it may move
COLD_KEY_FRAMES_METRIC = 2       # with depth in both, two do, from any start


def adjust_local_map(local_map: LocalMap, focal: FocalState, delta_px: float) -> RefinementResult:
    """Refine poses, inverse depths and focal length of the window, if they are observable.

    delta_px is the robust threshold.
    """
    tracks, key_frames = local_map.tracks, len(local_map.T_camera_world)
    is_metric = local_map.is_metric
    is_cold = key_frames <= COLD_KEY_FRAMES and not local_map.has_slid
    shows_focal = COLD_KEY_FRAMES_METRIC if is_metric else COLD_KEY_FRAMES
    estimates_focal = key_frames >= shows_focal and not focal.is_given
    result = refine(
        Tracks(tracks.first_frame, tracks.points_px, tracks.weight, tracks.inverse_depth),
        inverse(np.stack(local_map.T_camera_world)), focal.focal_px,
        RefinementConfig(
            kernel='cauchy', delta_px=delta_px, estimate_focal=estimates_focal,
            fixed_frames=2 if local_map.has_slid and not is_metric else 1,
            fixed_scale=not is_metric,
            maximum_iterations=COLD_ITERATIONS if is_cold else WARM_ITERATIONS),
        Priors(tracks.prior, tracks.prior_information, focal.prior_focal_px,
               focal.prior_information, measured_inverse_depth=tracks.measured,
               measured_inverse_depth_information=tracks.measured_information
               if is_metric else None))
    if result.not_observable:
        return result
    local_map.T_camera_world = list(inverse(result.T_world_camera))
    tracks.inverse_depth = result.inverse_depth
    tracks.information = result.inverse_depth_information
    if estimates_focal:
        information = result.information.log_focal - focal.prior_information
        focal.update(result.focal_px, information)
        focal.show(absolute_information(information, result.noise_px))
        local_map.focal_px = focal.focal_px
    return result
