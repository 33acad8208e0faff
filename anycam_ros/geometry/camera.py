# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras: pinhole with distortion, and what the geometry works with."""

from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import ConfigError

SHORTEST_FOCAL, LONGEST_FOCAL = 0.05, 1000.0     # of the longer side of the image
FARTHEST_CENTRE = 10.0                           # of the longer side, from the first pixel
STRONGEST_DISTORTION = 1e4
DISTORTION_LENGTHS = {'plumb_bob': (4, 5), 'rational_polynomial': (8,), 'equidistant': (4,)}


@dataclass(frozen=True)
class Intrinsics:
    """Hold a pinhole camera; lengths in pixels of an image of width x height.

    The distortion follows sensor_msgs/CameraInfo: `plumb_bob` (k1 k2 p1 p2 k3),
    `rational_polynomial` (8 values) or `equidistant` (4 values); empty means none.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, ...] = ()
    distortion_model: str = 'plumb_bob'

    def __post_init__(self) -> None:
        """Refuse what no camera has."""
        values = (self.fx, self.fy, self.cx, self.cy, *self.distortion)
        if not all(math.isfinite(v) for v in values) or self.fx <= 0 or self.fy <= 0:
            raise ConfigError(
                f'intrinsics fx={self.fx} fy={self.fy} cx={self.cx} cy={self.cy} '
                f'distortion={self.distortion}: all must be finite and fx, fy above 0. '
                'Leave the intrinsics out and the focal length is estimated.')
        self._check_sizes()
        if self.distortion_model not in DISTORTION_LENGTHS:
            raise ConfigError(
                f'distortion model {self.distortion_model!r} is unknown; '
                f'known: {", ".join(DISTORTION_LENGTHS)}.')
        lengths = DISTORTION_LENGTHS[self.distortion_model]
        if self.distortion and len(self.distortion) not in lengths:
            raise ConfigError(
                f'distortion has {len(self.distortion)} coefficients; {self.distortion_model} '
                f'has {" or ".join(map(str, lengths))}, or none for no distortion.')

    def _check_sizes(self) -> None:
        side = max(self.width, self.height)
        shortest, longest = SHORTEST_FOCAL * side, LONGEST_FOCAL * side
        farthest = FARTHEST_CENTRE * side
        if not (shortest <= self.fx <= longest and shortest <= self.fy <= longest
                and abs(self.cx) <= farthest and abs(self.cy) <= farthest
                and all(abs(value) <= STRONGEST_DISTORTION for value in self.distortion)):
            raise ConfigError(
                f'intrinsics fx={self.fx} fy={self.fy} cx={self.cx} cy={self.cy} '
                f'distortion={self.distortion} are of no camera of {self.width}x{self.height} px: '
                f'fx and fy must be {shortest:g} to {longest:g} px, cx and cy within '
                f'{farthest:g} px, distortion within {STRONGEST_DISTORTION:g}. Calibrate again, '
                'or leave the intrinsics out and the focal length is estimated.')

    @classmethod
    def centred(cls, width: int, height: int, focal_px: float) -> 'Intrinsics':
        """Return a camera with square pixels and its principal point in the image centre."""
        return cls(width, height, focal_px, focal_px, width / 2, height / 2)

    def resized(self, width: int, height: int) -> 'Intrinsics':
        """Return the same camera for the image resized to width x height.

        Pixel centres have whole coordinates, and resizing keeps the image's edges on its edges.
        """
        x, y = width / self.width, height / self.height
        return replace(self, width=width, height=height, fx=self.fx * x, fy=self.fy * y,
                       cx=(self.cx + 0.5) * x - 0.5, cy=(self.cy + 0.5) * y - 0.5)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Return K, (3, 3)."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], np.float64)


def in_size(positions_px: NDArray[np.float64], before: tuple[int, int],
            after: tuple[int, int]) -> NDArray[np.float64]:
    """Return where positions (..., 2) lie once the image is resized, (width, height) each time.

    Pixel centres have whole coordinates, and resizing keeps the image's edges on its edges.
    """
    scale = np.array(after) / np.array(before)
    return np.asarray((positions_px + 0.5) * scale - 0.5)


@dataclass(frozen=True)
class ProcessingCamera:
    """Turn pixel positions of the working image into what the geometry works with.

    Undistorted positions are counted from the principal point, with square pixels of
    the size of the working image's columns, so that one focal length holds for both axes.
    """

    intrinsics: Intrinsics      # of the working image; without calibration only its centre counts
    is_calibrated: bool

    @property
    def aspect(self) -> float:
        """Return what rows are multiplied with to make pixels square."""
        return self.intrinsics.fx / self.intrinsics.fy

    def undistorted_px(self, positions_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the undistorted positions (..., 2) of pixels (..., 2) of the image."""
        camera = self.intrinsics
        if self.is_calibrated and any(camera.distortion) and positions_px.size:
            flat = np.ascontiguousarray(positions_px, np.float64).reshape(-1, 1, 2)
            coefficients = np.array(camera.distortion, np.float64)
            if camera.distortion_model == 'equidistant':
                rays = cv2.fisheye.undistortPoints(flat, camera.matrix, coefficients)
            else:
                rays = cv2.undistortPoints(flat, camera.matrix, coefficients)
            return np.asarray(rays.reshape(positions_px.shape) * camera.fx, np.float64)
        offset = positions_px - np.array([camera.cx, camera.cy])
        return np.asarray(offset * np.array([1.0, self.aspect]), np.float64)

    def image_px(self, undistorted_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels (N, 2) of the image at undistorted positions (N, 2)."""
        camera = self.intrinsics
        if self.is_calibrated and any(camera.distortion) and undistorted_px.size:
            rays = np.concatenate([undistorted_px / camera.fx,
                                   np.ones((len(undistorted_px), 1))], axis=1)
            coefficients, nowhere = np.array(camera.distortion, np.float64), np.zeros(3)
            if camera.distortion_model == 'equidistant':
                project = cv2.fisheye.projectPoints
                pixels, _ = project(rays[:, None], nowhere, nowhere, camera.matrix, coefficients)
            else:
                pixels, _ = cv2.projectPoints(rays, nowhere, nowhere, camera.matrix, coefficients)
            return np.asarray(pixels.reshape(-1, 2), np.float64)
        return np.asarray(undistorted_px / np.array([1.0, self.aspect])
                          + np.array([camera.cx, camera.cy]), np.float64)

    def scale_to(self, width: int) -> float:
        """Return raw pixels per working pixel for a raw image of the given width."""
        return width / self.intrinsics.width


def rays(points_px: NDArray[np.float64], focal_px: float) -> NDArray[np.float64]:
    """Return the viewing directions (N, 3) with z = 1 of undistorted positions (N, 2)."""
    return np.column_stack([points_px / focal_px, np.ones(len(points_px))])
