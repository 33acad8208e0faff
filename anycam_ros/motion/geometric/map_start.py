# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The first window of key frames, from the reference, the views since and the newest image."""

from dataclasses import replace
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.motion.geometric.adjustment import adjust
from anycam_ros.motion.geometric.focal import FocalState
from anycam_ros.motion.geometric.initialiser import Initialiser
from anycam_ros.motion.geometric.pose import fit_pose, Points
from anycam_ros.motion.geometric.sighting import Sighting
from anycam_ros.motion.geometric.two_view import rays, TwoViewGeometry
from anycam_ros.motion.geometric.window import KeyFrameWindow

LENGTH = 8
DELTA_PX = 1.5
OUTLIER_PX = 3.0
DEPTH_DEVIATION = 0.2            # relative, of a depth from two views
MAXIMUM_NOISE_PX = 0.6
CLEAR_LEAD = 1.15                # of the second best objective over the best
SAME_DIRECTION_RAD = 0.35
MAXIMUM_NOISE_SHARE = 0.12       # of the parallax; with more, something else moved


def start_window(initialiser: Initialiser, sighting: Sighting,
                 focal: FocalState) -> KeyFrameWindow | None:
    """Return the adjusted first window; None while there is too little parallax for one.

    Of several explanations of two views the one that the views in between fit best is taken.
    """
    limit_px = max(MAXIMUM_NOISE_PX, MAXIMUM_NOISE_SHARE * initialiser.parallax_px(sighting))
    trials = []
    for geometry in initialiser.geometries(sighting, focal.focal_px):
        trial_focal = replace(focal)
        window = _window(initialiser, sighting, geometry, trial_focal)
        result = adjust(window, trial_focal, DELTA_PX)
        if not result.not_observable and result.noise_px < limit_px:
            trials.append(Trial(result.objective_after, window, trial_focal))
    if not trials:
        return None
    best = min(trials, key=lambda trial: trial.objective)
    if not initialiser.is_pressed(sighting) and any(
            trial.contradicts(best) for trial in trials):
        return None
    focal.take(best.focal)
    best.window.is_doubtful = initialiser.is_hurried(sighting)
    return best.window


class Trial(NamedTuple):
    """Hold one explanation of the first views."""

    objective: float
    window: KeyFrameWindow
    focal: FocalState

    def contradicts(self, best: 'Trial') -> bool:
        """Return whether this fits nearly as well as the best but says something else."""
        here, there = (trial.window.T_camera_world[-1][:3, 3] for trial in (self, best))
        cosine = here @ there / (np.linalg.norm(here) * np.linalg.norm(there))
        return bool(self.objective < CLEAR_LEAD * best.objective
                    and cosine < math.cos(SAME_DIRECTION_RAD))


def _window(initialiser: Initialiser, sighting: Sighting, geometry: TwoViewGeometry,
            focal: FocalState) -> KeyFrameWindow:
    window = KeyFrameWindow(LENGTH, initialiser.camera, initialiser.reference.shape,
                            focal.focal_px)
    chosen = geometry.is_inlier
    everything = np.ones(chosen.sum(), np.bool_)
    window.start(initialiser.reference, initialiser.points_px[chosen],
                 initialiser.centred[chosen], geometry.inverse_depth[chosen])
    for view in initialiser.views:
        if view.image is sighting.image:
            continue
        _add_view(window, view, chosen, focal.focal_px)
    window.add(sighting.image, geometry.T_camera_reference, sighting.matches.target_px[chosen],
               sighting.matches.weight[chosen], everything)
    return window


def _add_view(window: KeyFrameWindow, view: Sighting, chosen: NDArray[np.bool_],
              focal_px: float) -> None:
    """Add a view in between as a key frame, at the pose that fits the two-view geometry."""
    tracks = window.tracks
    direction = rays(tracks.points_px[:, 0], focal_px)
    target = view.matches.target_px[chosen]
    weight = view.matches.weight[chosen]
    information = 1.0 / (DEPTH_DEVIATION * tracks.inverse_depth) ** 2
    fit = fit_pose(Points(direction, np.zeros_like(direction), tracks.inverse_depth, information,
                          window.camera.centred(target), weight),
                   focal_px, view.T_camera_world, DELTA_PX, heavy_tailed=True)
    window.add(view.image, fit.T_camera_world, target,
               np.where(fit.residual_px < OUTLIER_PX, weight, 0.0),
               np.ones(len(weight), np.bool_))
