# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Before there is a map: stand still, turn, and wait for parallax."""

import numpy as np

from anycam_ros.flow.dis import DisFlow, Image
from anycam_ros.geometry.se3 import Array, from_rotation_translation
from anycam_ros.motion.geometric.matching import flow_both_ways, FlowPair, follow, Matches
from anycam_ros.motion.geometric.sighting import Sighting
from anycam_ros.motion.geometric.two_view import (
    fit_rotation, RotationFit, two_view_geometry, TwoViewGeometry)
from anycam_ros.motion.geometric.window import best_corners
from anycam_ros.motion.geometric.working_camera import WorkingCamera

STILL_PX = 0.6
STILL_SHARE = 0.5                # of the points; people cover less of a picture than this
MINIMUM_SHARE = 0.25             # of the points that the reference still has in view
MINIMUM_POINTS = 30
PARALLAX = 0.015                 # of the longer side, after the rotation is taken out
HURRIED_PARALLAX = 0.007         # when the reference is about to leave the view
HURRIED_SHARE = 0.6
CALM_PX = 0.15
RENEWAL_FRAMES = 8


class Initialiser:
    """Follow a reference image by rotation alone until two views show depth.

    World is the reference camera here; the translation stays zero.
    """

    def __init__(self, flow: DisFlow, camera: WorkingCamera, reference: Image) -> None:
        """Start at a reference image."""
        self._flow, self._camera = flow, camera
        self.reference = reference
        self.points_px = best_corners(reference).reshape(-1, 2)
        self.centred = camera.centred(self.points_px)
        self._R_camera_reference: Array = np.eye(3)
        self._pair: FlowPair | None = None
        self.is_still = True
        self._looks = 0

    def look(self, image: Image, focal_px: float) -> Sighting | None:
        """Return how the camera turned since the reference; None when too little is in view."""
        self._pair = flow_both_ways(self._flow, self.reference, image, self._pair)
        matches = follow(self._pair, self.points_px)
        valid = matches.is_valid
        if valid.mean() < MINIMUM_SHARE or valid.sum() < MINIMUM_POINTS:
            return None
        moved_px = np.linalg.norm(matches.target_px - self.points_px, axis=1)
        self.is_still = bool((moved_px[valid] < STILL_PX).mean() > STILL_SHARE)
        if self.is_still:
            self._R_camera_reference = np.eye(3)
            fit = RotationFit(np.eye(3), moved_px[valid], np.eye(3))
        else:
            fit = fit_rotation(self.centred[valid], self._camera.centred(matches.target_px[valid]),
                               matches.weight[valid], focal_px, self._R_camera_reference)
            self._R_camera_reference = fit.R_camera_reference
        return self._sighting(image, matches, fit)

    def _sighting(self, image: Image, matches: Matches, fit: RotationFit) -> Sighting:
        assert self._pair is not None
        residual = np.full(len(matches.is_valid), np.inf)
        residual[matches.is_valid] = fit.residual_px
        noise_px = max(0.1, 1.48 * float(np.median(fit.residual_px)))
        information = np.eye(6)
        information[3:, 3:] = fit.information
        return Sighting(image, self._pair, matches, residual < 3 * noise_px,
                        from_rotation_translation(fit.R_camera_reference, np.zeros(3)),
                        information, noise_px)

    def is_worn(self, sighting: Sighting) -> bool:
        """Return whether a camera that stands should take a fresh reference.

        Things move on and light changes; the threshold is well under what a creep adds up to.
        """
        self._looks += 1
        moved_px = np.linalg.norm(sighting.matches.target_px - self.points_px, axis=1)
        calm = float(np.median(moved_px[sighting.matches.is_valid])) < CALM_PX
        return self.is_still and calm and self._looks >= RENEWAL_FRAMES

    def two_views(self, sighting: Sighting, focal_px: float) -> TwoViewGeometry | None:
        """Return the geometry of reference and image once there is parallax enough for it."""
        valid = sighting.matches.is_valid
        longer_px = max(self.reference.shape)
        parallax = sighting.noise_px / 1.48 / longer_px
        hurried = valid.mean() < HURRIED_SHARE and parallax > HURRIED_PARALLAX
        if self.is_still or not (parallax > PARALLAX or hurried):
            return None
        return two_view_geometry(
            self.centred, self._camera.centred(sighting.matches.target_px),
            sighting.matches.weight, focal_px)
