# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""New tracks at the corners of the newest key frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.estimation.patch_alignment import has_texture
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.mapping.track_table import NewTracks
from anycam_ros.geometry.compiled import compiled
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class SeedingOptions:
    """Choose where tracks start, and how little is known of their depth."""

    cell_px: int = 16          # one track per square of this side: 588 in an image of 448x336
    border_px: int = 4         # corners this near to the edge leave the image at once
    corner_window_px: int = 5  # over which a corner's gradients are summed
    neighbours: int = 7        # tracks whose median depth is expected; a mean follows outliers
    depth_ratio_std: float = 1.0     # of the expected inverse depth: neighbours differ twofold
    depth_spread_std: float = 0.3    # of the median inverse depth of the scene, besides


def seed_tracks(window: SlidingWindow, moving: NDArray[np.uint8],
                options: SeedingOptions, left_out: NDArray[np.bool_] | None = None) -> None:
    """Start a track in each cell of the newest image that has none, at its best corner.

    None starts where the masks `moving` or `left_out` (H, W) are set.
    The expected depth is the median of the neighbours', with so wide a deviation that a fresh
    track says where its epipolar line is and hardly more.
    """
    image, tracks = window.images[-1], window.tracks
    corners = best_corners(image, options)
    rows, columns = corners.shape[:2]
    active = tracks.active_px
    taken = np.zeros((rows, columns), np.bool_)
    cell = (active // options.cell_px).astype(int)
    taken[np.clip(cell[:, 1], 0, rows - 1), np.clip(cell[:, 0], 0, columns - 1)] = True
    column, row = np.moveaxis(corners.astype(int), -1, 0)
    taken |= moving[row, column] > 0
    if left_out is not None:
        taken |= left_out[row, column]
    corners = corners[~taken]
    corners = corners[has_texture(image, corners)]
    if not len(corners):
        return
    depth, information = _expected_depth(window, corners, options)
    tracks.append(window.newest, NewTracks(corners, window.camera.undistorted_px(corners), depth,
                                           information))


def textured_corners(image: NDArray[np.uint8], options: SeedingOptions) -> Array:
    """Return the best corners (N, 2) of the cells that have one."""
    corners = best_corners(image, options).reshape(-1, 2)
    return np.asarray(corners[has_texture(image, corners)])


def best_corners(image: NDArray[np.uint8], options: SeedingOptions) -> Array:
    """Return the pixel (rows, columns, 2) with the best corner response of every cell."""
    height, width = image.shape
    side, border = options.cell_px, options.border_px
    rows, columns = height // side, width // side
    response = cv2.cornerMinEigenVal(image, options.corner_window_px)
    response[:border], response[-border:] = -1.0, -1.0
    response[:, :border], response[:, -border:] = -1.0, -1.0
    cells = response[:rows * side, :columns * side].reshape(
        rows, side, columns, side).swapaxes(1, 2).reshape(rows, columns, -1)
    best = cells.argmax(axis=2)
    corner = np.stack([best % side, best // side], axis=2).astype(np.float64)
    corner[..., 0] += np.arange(columns) * side
    corner[..., 1] += np.arange(rows)[:, None] * side
    return corner


def _expected_depth(window: SlidingWindow, corners: Array,
                    options: SeedingOptions) -> tuple[Array, Array]:
    """Return inverse depth and information for new tracks from the known ones around."""
    active = window.tracks.active_px
    if not len(active):
        return np.ones(len(corners)), np.full(len(corners), 1.0)
    known = window.inverse_depths_in_newest()
    median = np.zeros(len(corners))
    _fill_medians(corners, active, known, min(options.neighbours, len(active)), median)
    variance = (options.depth_ratio_std * median) ** 2 \
        + (options.depth_spread_std * np.median(known)) ** 2
    return median, 1.0 / variance


@compiled
def _fill_medians(at_px: Array, known_px: Array, values: Array, count: int, out: Array) -> None:
    """Fill out (N,) with the median of the values at the nearest known positions (M, 2)."""
    nearest, kept = np.empty(count), np.empty(count)
    for i in range(len(at_px)):
        filled = 0
        for j in range(len(known_px)):
            dx, dy = at_px[i, 0] - known_px[j, 0], at_px[i, 1] - known_px[j, 1]
            distance = dx * dx + dy * dy
            if filled == count and distance >= nearest[count - 1]:
                continue
            place = min(filled, count - 1)
            while place > 0 and nearest[place - 1] > distance:
                nearest[place], kept[place] = nearest[place - 1], kept[place - 1]
                place -= 1
            nearest[place], kept[place] = distance, values[j]
            filled = min(filled + 1, count)
        out[i] = np.median(kept)
