# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What depth to expect at each pixel, and how far it may be off, from the tracks around."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import coarse_shape, Map
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class DepthExpectationOptions:
    """Choose how depth is spread around pixels that have none of their own."""

    cell_px: int = 8               # of the grid on which scattered depths are smoothed
    smoothing_cells: float = 2.0   # standard deviation: tracks are 2 cells apart
    scene_weight: float = 0.01     # of the scene's depths, which hold far from every track


class ExpectedDepth(NamedTuple):
    """Hold the inverse depth on the coarse grid."""

    mean: Map
    std: Map


def unknown_depth(shape: tuple[int, int]) -> ExpectedDepth:
    """Return the expectation of a camera that has no map, for an image shape."""
    coarse = coarse_shape(shape)
    return ExpectedDepth(np.zeros(coarse, np.float32), np.zeros(coarse, np.float32))


def expected_depth(tracking: TrackingResult, window: SlidingWindow, T_target_reference: Array,
                   shape: tuple[int, int], options: DepthExpectationOptions) -> ExpectedDepth:
    """Return what the tracks that follow the camera let expect in the tracked image."""
    follows = tracking.is_inlier
    d = window.inverse_depths_in_newest()[follows]
    ray = rays(window.camera.undistorted_px(window.tracks.active_px[follows]), window.focal_px)
    z = ray @ T_target_reference[2, :3] + d * T_target_reference[2, 3]
    is_before = z > 1e-3
    return spread_depths(tracking.matches.target_px[follows][is_before],
                         d[is_before] / z[is_before], shape, options)


def spread_depths(positions_px: Array, inverse_depth: Array, shape: tuple[int, int],
                  options: DepthExpectationOptions) -> ExpectedDepth:
    """Return mean and spread of scattered inverse depths, by normalised smoothing.

    Far from every point any depth of the scene may be, and half or twice of it.
    """
    side = options.cell_px
    rows, columns = (-(-length // side) for length in shape)
    cell = np.clip((positions_px // side).astype(int), 0, [columns - 1, rows - 1])
    typical = float(np.median(inverse_depth)) if len(inverse_depth) else 1.0
    spread = float(np.mean(np.square(inverse_depth - typical))) if len(inverse_depth) else 0.0
    sums = []
    for value in (np.ones(len(inverse_depth)), inverse_depth, np.square(inverse_depth)):
        image = np.zeros((rows, columns), np.float32)
        np.add.at(image, (cell[:, 1], cell[:, 0]), value)
        sums.append(cv2.GaussianBlur(image, (0, 0), options.smoothing_cells))
    faint = options.scene_weight
    weight = sums[0] + faint
    mean = (sums[1] + faint * typical) / weight
    square = (sums[2] + faint * (2 * typical ** 2 + spread)) / weight
    std = np.sqrt(np.maximum(square - np.square(mean), 0.0))
    size = coarse_shape(shape)[::-1]
    return ExpectedDepth(*(np.asarray(cv2.resize(image, size), np.float32)
                           for image in (mean, std)))
