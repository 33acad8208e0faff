# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scale from the measured height of the camera over the ground."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
import math

import numpy as np

from anycam_ros.frontend.front_end import FocalKnowledge
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry.scale.ground_plane import CLIMB, GroundAlignment, GroundFit
from anycam_ros.odometry.scale.scale_source import Image, ScaleSample, Step

PERIOD_S = 0.09                  # between looks at the ground
PATIENCE_S = 1.0                 # for one image to show the ground with another
BASELINE = 0.2                   # heights that the camera moves between two images
HEIGHTS = np.exp(np.arange(-0.5, 3.5, 0.1))     # in baselines, that are searched
EXTENTS = 12.0, 4.5              # heights ahead; nearer, where something stands on the ground
MINIMUM_LIKENESS = 0.93
STEEPEST_RAD = math.radians(35)  # between the camera's y axis and down
STEEPEST_CLIMB = 2.5 * CLIMB
DOWN = np.array([0.0, 1.0, 0.0])               # of a camera that is upright
MAXIMUM_STD = 0.1          # relative, of a height
REMEMBERED_NORMALS = 15
SAME_NORMAL_RAD = 0.06           # from look to look: the camera is fixed, roads are bent
CAMBER = 0.02                    # the same for the same road
UNEVENNESS = 0.04                # relative, of the height; a road is no plane


@dataclass
class _Reference:
    """Hold the image that the ground is to be seen in a second time, and the way since."""

    image: Image
    stamp_s: float
    looked_s: float
    T_reference_camera: Array = field(default_factory=lambda: np.eye(4))


class GroundScale:
    """Measure the height over the ground ahead in units of the map, again and again."""

    def __init__(self, camera_height_m: float, camera: ProcessingCamera) -> None:
        """Take the height over the ground, in metres, and the camera of the working image."""
        self._height_m, self._camera = camera_height_m, camera
        self._normals: deque[Array] = deque(maxlen=REMEMBERED_NORMALS)
        self.forget_motion()

    def forget_motion(self) -> None:
        """Drop what was in the unit of an earlier map."""
        self._wanted_baseline = 0.0
        self._reference: _Reference | None = None

    def common_std(self, focal: FocalKnowledge) -> float:
        """Return what all samples have wrong alike, relative; standard deviation."""
        return math.hypot(CAMBER, focal.relative_std)

    def samples(self, step: Step) -> Iterator[ScaleSample]:
        """Take in the next step; return what became known of the scale."""
        reference = self._reference
        if reference is None:
            self._refer_to(step)
            return
        reference.T_reference_camera = \
            reference.T_reference_camera @ step.motion.T_previous_camera
        baseline = float(np.linalg.norm(reference.T_reference_camera[:3, 3]))
        if step.stamp_s - reference.looked_s < PERIOD_S or baseline <= self._wanted_baseline:
            return
        reference.looked_s = step.stamp_s
        fit = self._look(reference, step.image(), step.focal.focal_px)
        if fit is not None:
            self._wanted_baseline = BASELINE * fit.height
            self._refer_to(step)
            yield ScaleSample(math.log(self._height_m / fit.height),
                              math.hypot(fit.relative_std, UNEVENNESS))
        elif step.stamp_s - reference.stamp_s > PATIENCE_S:
            self._wanted_baseline = 0.0
            self._refer_to(step)

    def _refer_to(self, step: Step) -> None:
        self._reference = _Reference(step.image(), step.stamp_s, step.stamp_s)

    def _look(self, reference: _Reference, image: Image, focal_px: float) -> GroundFit | None:
        """Return the ground as the image and its reference show it; None where they do not.

        Motion along the ground tells how the camera is inclined, and so the search is for the
        height alone.
        """
        T = reference.T_reference_camera
        baseline = float(np.linalg.norm(T[:3, 3]))
        along = T[:3, :3].T @ T[:3, 3] / baseline       # the way back, in the axes of the image
        down = DOWN - (DOWN @ along) * along
        if np.linalg.norm(down) < math.cos(STEEPEST_RAD):
            return None
        down /= np.linalg.norm(down)
        alignment = GroundAlignment(image, reference.image, T, focal_px, self._camera)
        planes = [down / (height * baseline) for height in HEIGHTS]
        for furthest in EXTENTS:
            correlation = [alignment.correlation(plane, furthest) for plane in planes]
            fit = alignment.fit(planes[int(np.argmax(correlation))], furthest)
            if fit is not None and self._is_plausible(fit, along):
                return fit
        return None

    def _is_plausible(self, fit: GroundFit, along: Array) -> bool:
        """Return whether this can be the ground, and whether it lies as it did before."""
        if fit.correlation < MINIMUM_LIKENESS or fit.relative_std > MAXIMUM_STD \
                or abs(fit.normal @ along) > STEEPEST_CLIMB \
                or fit.normal[1] < math.cos(STEEPEST_RAD):
            return False
        self._normals.append(fit.normal)
        usual = np.median(self._normals, axis=0)
        return float(np.linalg.norm(fit.normal - usual)) < SAME_NORMAL_RAD
