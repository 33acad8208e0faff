# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The plane of the ground ahead, found by how it carries one image over to the next.

A road has too little texture for points, and enough for its whole surface. With the motion
between two images known, a plane n.X = h (X in the first camera, n down) moves each pixel in one
way only; the plane is the one that makes the strip of ground ahead look alike in both.
Source: Song and Chandraker, CVPR 2014, section 5.1 (plane-guided dense stereo); here the plane is
refined by Gauss-Newton steps rather than by a search.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry.scale.scale_source import Image

Pixels = NDArray[np.float32]

NEAREST = 1.5                    # of the strip ahead, in heights
SHORTEST = 2.0                   # ratio of its ends
HALF_WIDTH = 0.9                 # of the strip, in heights
ROWS, COLUMNS = 44, 24           # at which the strip is looked at
MINIMUM_POINTS = 200             # of these in both images
BLURS_PX = (2.0, 1.0)            # coarse, then fine
MARGIN_PX = 3.0
STEPS = 12
CONVERGED = 1e-3                 # of the height
LEAST_NOISE = 0.3                # grey values
CORRELATED = 3.0                 # times the variance: neighbours err alike
CLIMB = 0.03                     # rad, between motion and ground; deviation
UNKNOWN = 10.0                   # relative deviation of the height before it is seen
ROLL = 0.1                       # rad, of the camera over the ground; deviation


class GroundFit(NamedTuple):
    """Hold the ground as seen by the first camera.

    plane (3,) is n / h, so that plane . X = 1 for points X of the ground.
    """

    plane: Array
    relative_std: float    # of the height
    correlation: float              # -1 to 1; correlation of the strip in both images

    @property
    def height(self) -> float:
        """Return the height of the camera over the ground, in units of the motion."""
        return float(1.0 / np.linalg.norm(self.plane))

    @property
    def normal(self) -> Array:
        """Return the direction down to the ground, of length 1."""
        return np.asarray(self.plane * self.height)


class _Level(NamedTuple):
    """Hold both images with their broad and finest brightness taken out, and gradients."""

    first: Pixels
    second: Pixels
    along_x: Pixels
    along_y: Pixels


class GroundAlignment:
    """Align the ground in two images, the motion between which is known."""

    def __init__(self, first: Image, second: Image, T_second_first: Array, focal_px: float,
                 camera: ProcessingCamera) -> None:
        """Take grey images of the working size."""
        self._levels = [_level(first, second, blur_px) for blur_px in BLURS_PX]
        self._T, self._focal_px, self._camera = T_second_first, focal_px, camera
        self._size = np.array(first.shape[::-1], np.float64)
        bottom_px = camera.undistorted_px(
            np.array([[(first.shape[1] - 1) / 2, first.shape[0] - 1.0]]))
        self._bottom_ray = np.append(bottom_px / focal_px, 1.0)

    def correlation(self, plane: Array, furthest: float) -> float:
        """Return the correlation of the strip in both images; -1 where too little is in view.

        The strip ends `furthest` heights ahead.
        """
        rays = strip_rays(plane, self._bottom_ray, furthest)
        seen = self._see(rays, plane)
        if seen is None:
            return -1.0
        _, first_px, second_px, _ = seen
        level = self._levels[0]
        return _correlation(_at(level.first, first_px), _at(level.second, second_px))

    def fit(self, plane: Array, furthest: float) -> GroundFit | None:
        """Return the plane near the given one; None where the images do not show it."""
        rays = strip_rays(plane, self._bottom_ray, furthest)
        fit = None
        for level in self._levels:
            for _ in range(STEPS):
                step = self._step(level, rays, plane)
                if step is None:
                    return None
                change, fit = step
                if not np.isfinite(fit.plane).all() or fit.plane[1] <= 0:
                    return None
                plane = fit.plane
                if change < CONVERGED:
                    break
        return fit

    def _step(self, level: _Level, rays: Array, plane: Array) -> tuple[float, GroundFit] | None:
        """Return a Gauss-Newton step's relative size, and what it leads to."""
        seen = self._see(rays, plane)
        if seen is None:
            return None
        rays, first_px, second_px, points = seen
        before, after = _at(level.first, first_px), _at(level.second, second_px)
        error = after - before
        noise = max(LEAST_NOISE, MEDIAN_TO_STD * float(np.median(np.abs(error))))
        weight = 1.0 / np.maximum(1.0, np.abs(error) / (1.5 * noise)) \
            / (CORRELATED * noise ** 2)
        t, z = self._T[:3, 3], points[:, 2]
        by_depth = self._focal_px / z ** 2 * (
            _at(level.along_x, second_px) * (t[0] * z - points[:, 0] * t[2])
            + _at(level.along_y, second_px) * (t[1] * z - points[:, 1] * t[2]))
        jacobian = by_depth[:, None] * rays
        information, right = _prior_of_the_ground(plane, self._T)
        information += (jacobian * weight[:, None]).T @ jacobian
        right += jacobian.T @ (weight * error)
        change = np.linalg.solve(information, right)
        to_height = plane / (plane @ plane)
        std = float(np.sqrt(to_height @ np.linalg.solve(information, to_height)))
        fit = GroundFit(plane - change, std, _correlation(before, after))
        return float(np.linalg.norm(change) / np.linalg.norm(plane)), fit

    def _see(self, rays: Array, plane: Array) -> tuple[Array, Array, Array, Array] | None:
        """Return rays (N, 3), pixels (N, 2) in both images and points (N, 3) of the second.

        Points are in units of their depth in the first image. None where too few are in view.
        """
        points = rays @ self._T[:3, :3].T + np.outer(rays @ plane, self._T[:3, 3])
        ahead = points[:, 2] > 0.05
        if ahead.sum() < MINIMUM_POINTS:
            return None
        rays, points = rays[ahead], points[ahead]
        first_px = self._camera.image_px(self._focal_px * rays[:, :2])
        second_px = self._camera.image_px(self._focal_px * points[:, :2] / points[:, 2:])
        both = np.concatenate([first_px, second_px], axis=1)
        inside = ((both > MARGIN_PX) & (both < np.tile(self._size - 1 - MARGIN_PX, 2))).all(axis=1)
        if inside.sum() < MINIMUM_POINTS:
            return None
        return rays[inside], first_px[inside], second_px[inside], points[inside]


def strip_rays(plane: Array, bottom_ray: Array, furthest: float) -> Array:
    """Return rays (N, 3) of depth 1 to the ground ahead, from where the bottom ray meets it.

    They reach `furthest` heights far; there are none where that is too little to see a slope.
    """
    normal = plane / np.linalg.norm(plane)
    ahead = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
    ahead /= np.linalg.norm(ahead)
    aside = np.cross(normal, ahead)
    inverse_nearest = min(1.0 / NEAREST, (bottom_ray @ normal) / (bottom_ray @ ahead))
    if inverse_nearest * furthest < SHORTEST:
        return np.zeros((0, 3))
    inverse_distance, offset = np.meshgrid(
        np.linspace(inverse_nearest, 1.0 / furthest, ROWS),
        np.linspace(-HALF_WIDTH, HALF_WIDTH, COLUMNS), indexing='ij')
    points = normal + ahead / inverse_distance.reshape(-1, 1) + offset.reshape(-1, 1) * aside
    return np.asarray(points / points[:, 2:])


def _prior_of_the_ground(plane: Array, T_second_first: Array) -> tuple[Array, Array]:
    """Return information (3, 3) and right side (3,): motion along the ground, camera upright."""
    t = T_second_first[:3, :3].T @ T_second_first[:3, 3]
    height = 1.0 / np.linalg.norm(plane)
    information, right = (height / UNKNOWN) ** 2 * np.eye(3), np.zeros(3)
    for direction, std in ((t / np.linalg.norm(t), CLIMB), (np.array([1.0, 0, 0]), ROLL)):
        weight = (height / std) ** 2
        information += weight * np.outer(direction, direction)
        right += weight * (direction @ plane) * direction
    return information, right


def _level(first: Image, second: Image, blur_px: float) -> _Level:
    bands = []
    for image in (first, second):
        grey = image.astype(np.float32)
        bands.append(cv2.GaussianBlur(grey, (0, 0), blur_px)
                     - cv2.GaussianBlur(grey, (0, 0), 4 * blur_px))
    along_x, along_y = (cv2.Sobel(bands[1], cv2.CV_32F, *order, scale=0.125)
                        for order in ((1, 0), (0, 1)))
    return _Level(*(np.asarray(image, np.float32)
                    for image in (bands[0], bands[1], along_x, along_y)))


def _at(image: Pixels, positions_px: Array) -> Array:
    positions = positions_px.astype(np.float32)
    values = cv2.remap(image, positions[None, :, 0], positions[None, :, 1], cv2.INTER_LINEAR)
    return np.asarray(values[0], np.float64)


def _correlation(first: Array, second: Array) -> float:
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / np.sqrt((first @ first) * (second @ second) + 1e-12))
