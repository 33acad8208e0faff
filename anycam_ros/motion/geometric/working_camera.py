# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera of the working image: pixel positions to undistorted, centred, square pixels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics

Points = NDArray[np.float64]


@dataclass(frozen=True)
class WorkingCamera:
    """Turn pixel positions of the working image into what the geometry works with.

    Centred positions are undistorted, counted from the principal point, with square pixels of
    the size of the working image's columns, so that one focal length holds for both axes.
    """

    intrinsics: Intrinsics      # of the working image; without calibration only its centre counts
    is_calibrated: bool

    @property
    def aspect(self) -> float:
        """Return what rows are multiplied with to make pixels square."""
        return self.intrinsics.fx / self.intrinsics.fy

    def centred(self, positions_px: Points) -> Points:
        """Return the centred positions (..., 2) of pixel positions (..., 2)."""
        camera = self.intrinsics
        if self.is_calibrated and any(camera.distortion):
            flat = np.ascontiguousarray(positions_px, np.float64).reshape(-1, 1, 2)
            coefficients = np.array(camera.distortion, np.float64)
            if camera.distortion_model == 'equidistant':
                rays = cv2.fisheye.undistortPoints(flat, camera.matrix, coefficients)
            else:
                rays = cv2.undistortPoints(flat, camera.matrix, coefficients)
            return np.asarray(rays.reshape(positions_px.shape) * camera.fx, np.float64)
        offset = positions_px - np.array([camera.cx, camera.cy])
        return np.asarray(offset * np.array([1.0, self.aspect]), np.float64)

    def pixels(self, centred_px: Points) -> Points:
        """Return the pixel positions (N, 2) of centred positions (N, 2)."""
        camera = self.intrinsics
        if self.is_calibrated and any(camera.distortion):
            rays = np.concatenate([centred_px / camera.fx, np.ones((len(centred_px), 1))], axis=1)
            coefficients, nowhere = np.array(camera.distortion, np.float64), np.zeros(3)
            if camera.distortion_model == 'equidistant':
                project = cv2.fisheye.projectPoints
                pixels, _ = project(rays[:, None], nowhere, nowhere, camera.matrix, coefficients)
            else:
                pixels, _ = cv2.projectPoints(rays, nowhere, nowhere, camera.matrix, coefficients)
            return np.asarray(pixels.reshape(-1, 2), np.float64)
        return np.asarray(centred_px / np.array([1.0, self.aspect])
                          + np.array([camera.cx, camera.cy]), np.float64)

    def scale_to(self, width: int) -> float:
        """Return raw pixels per working pixel for a raw image of the given width."""
        return width / self.intrinsics.width
