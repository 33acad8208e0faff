# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow that the camera's motion does not explain, per pixel of a coarse grid."""

import math
from typing import NamedTuple

import cv2
from numba import njit
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dis import Flow, Image
from anycam_ros.geometry.se3 import Array
from anycam_ros.motion.geometric.matching import FlowPair

STRIDE = 2                   # a mask needs no finer grid, and half the grid costs a quarter

Score = NDArray[np.float32]


class FlowResidual(NamedTuple):
    """Hold, per pixel of the coarse grid of the reference, in pixels."""

    across: Score          # error across the epipolar line
    along: Score           # error along it, against the depth around
    disagreement: Score    # between the flow there and back
    length: Score          # of the flow


@njit(cache=True, nogil=True, fastmath=True)
def _residuals(forward: Flow, backward: Flow, grid: Flow, inverse_depth: Score,
               R: Array, t: Array, focal: float, across: Score, along: Score,
               disagreement: Score, length: Score) -> None:
    """Fill the flow error across and along the epipolar line, and the flow's own disagreement.

    grid holds the centred positions of the reference's pixels.
    """
    rows, columns = across.shape
    height, width = forward.shape[:2]
    for i in range(rows):
        for j in range(columns):
            y, x = i * STRIDE, j * STRIDE
            fx, fy = forward[y, x, 0], forward[y, x, 1]
            length[i, j] = math.sqrt(fx * fx + fy * fy)
            tx = min(max(x + fx, 0.0), width - 1.001)
            ty = min(max(y + fy, 0.0), height - 1.001)
            column, row = int(tx), int(ty)
            a, b = tx - column, ty - row
            bx = (1 - b) * ((1 - a) * backward[row, column, 0] + a * backward[row, column + 1, 0]) \
                + b * ((1 - a) * backward[row + 1, column, 0] + a * backward[row + 1, column + 1, 0])
            by = (1 - b) * ((1 - a) * backward[row, column, 1] + a * backward[row, column + 1, 1]) \
                + b * ((1 - a) * backward[row + 1, column, 1] + a * backward[row + 1, column + 1, 1])
            disagreement[i, j] = math.sqrt((fx + bx) ** 2 + (fy + by) ** 2)
            qx = (1 - b) * ((1 - a) * grid[row, column, 0]
                            + a * grid[row, column + 1, 0]) \
                + b * ((1 - a) * grid[row + 1, column, 0]
                       + a * grid[row + 1, column + 1, 0])
            qy = (1 - b) * ((1 - a) * grid[row, column, 1]
                            + a * grid[row, column + 1, 1]) \
                + b * ((1 - a) * grid[row + 1, column, 1]
                       + a * grid[row + 1, column + 1, 1])
            u, v, d = grid[y, x, 0] / focal, grid[y, x, 1] / focal, inverse_depth[i, j]
            px = R[0, 0] * u + R[0, 1] * v + R[0, 2] + d * t[0]
            py = R[1, 0] * u + R[1, 1] * v + R[1, 2] + d * t[1]
            pz = max(R[2, 0] * u + R[2, 1] * v + R[2, 2] + d * t[2], 1e-3)
            px, py = px / pz, py / pz
            rx, ry = qx - focal * px, qy - focal * py
            # How the point moves with its inverse depth is the direction of the epipolar line.
            ex, ey = t[0] - px * t[2], t[1] - py * t[2]
            norm = math.sqrt(ex * ex + ey * ey)
            if norm * d * focal < 0.5 * pz:
                across[i, j] = math.sqrt(rx * rx + ry * ry)
                along[i, j] = 0.0
            else:
                along[i, j] = abs(rx * ex + ry * ey) / norm
                across[i, j] = abs(rx * ey - ry * ex) / norm


def flow_residual(pair: FlowPair, grid: Flow, inverse_depth: Score, T_target_reference: Array,
                  focal_px: float) -> FlowResidual:
    """Return the residual of the flow from reference to target on the coarse grid.

    grid (H, W, 2) holds the centred positions of the pixels; inverse_depth is of the coarse grid.
    """
    residual = FlowResidual(*(np.empty(inverse_depth.shape, np.float32) for _ in range(4)))
    _residuals(pair.forward, pair.backward, grid, inverse_depth,
               np.ascontiguousarray(T_target_reference[:3, :3]),
               np.ascontiguousarray(T_target_reference[:3, 3]), focal_px, *residual)
    return residual


def texture(image: Image) -> Score:
    """Return the mean gradient around the pixels of the coarse grid."""
    dx = cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=1 / 8)
    gradient = cv2.boxFilter(cv2.magnitude(dx, dy), -1, (9, 9))
    return np.asarray(gradient[::STRIDE, ::STRIDE])


def spread_depths(key_px: Array, inverse_depth: Array, shape: tuple[int, int]) -> Score:
    """Return inverse depth on the coarse grid from scattered points, by normalised smoothing."""
    height, width = shape
    cell = 8
    rows, columns = -(-height // cell), -(-width // cell)
    value, weight = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    row = np.clip(key_px[:, 1] // cell, 0, rows - 1).astype(int)
    column = np.clip(key_px[:, 0] // cell, 0, columns - 1).astype(int)
    np.add.at(value, (row, column), inverse_depth)
    np.add.at(weight, (row, column), 1.0)
    background = float(np.median(inverse_depth)) if len(inverse_depth) else 1.0
    smooth_value = cv2.GaussianBlur(value, (0, 0), 2.0) + 1e-4 * background
    smooth_weight = cv2.GaussianBlur(weight, (0, 0), 2.0) + 1e-4
    coarse = (-(-height // STRIDE), -(-width // STRIDE))
    return np.asarray(cv2.resize(smooth_value / smooth_weight, coarse[::-1]))
