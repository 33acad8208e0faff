# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The first window of key frames, from the reference, the views since and the newest image."""

from dataclasses import replace
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import TwoViewGeometry
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.initialisation.rotation_only import RotationOnlyTracker
from anycam_ros.frontend.geometric.mapping.local_bundle_adjustment import adjust_local_map
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.geometry.camera import rays

LENGTH = 8
DELTA_PX = 1.5
OUTLIER_PX = 3.0
DEPTH_STD = 0.2            # relative, of a depth from two views
MAXIMUM_NOISE_PX = 0.6
CLEAR_LEAD = 1.15                # of the second best objective over the best
SAME_DIRECTION_RAD = 0.35
MAXIMUM_NOISE_SHARE = 0.12       # of the parallax; with more, something else moved


def initialise_map(rotation_only: RotationOnlyTracker, tracking: TrackingResult,
                   focal: FocalState) -> LocalMap | None:
    """Return the adjusted first window; None while there is too little parallax for one.

    Of several explanations of two views the one that the views in between fit best is taken.
    """
    limit_px = max(MAXIMUM_NOISE_PX, MAXIMUM_NOISE_SHARE * rotation_only.parallax_px(tracking))
    trials = []
    for geometry in rotation_only.hypotheses(tracking, focal.focal_px):
        trial_focal = replace(focal)
        local_map = _two_view_map(rotation_only, tracking, geometry, trial_focal)
        result = adjust_local_map(local_map, trial_focal, DELTA_PX)
        if not result.not_observable and result.noise_px < limit_px:
            trials.append(Trial(result.objective_after, local_map, trial_focal))
    if not trials:
        return None
    best = min(trials, key=lambda trial: trial.objective)
    if not rotation_only.must_start_now(tracking) and any(
            trial.contradicts(best) for trial in trials):
        return None
    focal.take(best.focal)
    best.local_map.is_degenerate = rotation_only.has_low_parallax(tracking)
    return best.local_map


class Trial(NamedTuple):
    """Hold one explanation of the first views."""

    objective: float
    local_map: LocalMap
    focal: FocalState

    def contradicts(self, best: 'Trial') -> bool:
        """Return whether this fits nearly as well as the best but says something else."""
        here, there = (trial.local_map.T_camera_world[-1][:3, 3] for trial in (self, best))
        cosine = here @ there / (np.linalg.norm(here) * np.linalg.norm(there))
        return bool(self.objective < CLEAR_LEAD * best.objective
                    and cosine < math.cos(SAME_DIRECTION_RAD))


def _two_view_map(rotation_only: RotationOnlyTracker, tracking: TrackingResult,
                  geometry: TwoViewGeometry,
                  focal: FocalState) -> LocalMap:
    local_map = LocalMap(LENGTH, rotation_only.camera, rotation_only.reference.shape,
                         focal.focal_px)
    chosen = geometry.is_inlier
    everything = np.ones(chosen.sum(), np.bool_)
    local_map.start(rotation_only.reference, rotation_only.points_px[chosen],
                    rotation_only.centred[chosen], geometry.inverse_depth[chosen])
    for view in rotation_only.views:
        if view.image is tracking.image:
            continue
        _add_view(local_map, view, chosen, focal.focal_px)
    local_map.add(tracking.image, geometry.T_camera_reference, tracking.matches.target_px[chosen],
                  tracking.matches.weight[chosen], everything)
    return local_map


def _add_view(local_map: LocalMap, view: TrackingResult, chosen: NDArray[np.bool_],
              focal_px: float) -> None:
    """Add a view in between as a key frame, at the pose that fits the two-view geometry."""
    tracks = local_map.tracks
    direction = rays(tracks.points_px[:, 0], focal_px)
    target = view.matches.target_px[chosen]
    weight = view.matches.weight[chosen]
    information = 1.0 / (DEPTH_STD * tracks.inverse_depth) ** 2
    fit = fit_pose(Points(direction, np.zeros_like(direction), tracks.inverse_depth, information,
                          local_map.camera.centred(target), weight),
                   focal_px, view.T_camera_world, DELTA_PX, heavy_tailed=True)
    local_map.add(view.image, fit.T_camera_world, target,
                  np.where(fit.residual_px < OUTLIER_PX, weight, 0.0),
                  np.ones(len(weight), np.bool_))
