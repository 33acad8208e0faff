# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Epipolar residual: flow that the camera's motion does not explain, on a coarse grid."""

from dataclasses import dataclass
import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Flow, Image
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array

# A mask needs no finer grid, and half the grid costs a quarter. What compiled code is specialised
# to stays a constant of the module: as an argument it would slow down every pixel.
STRIDE = 2

Map = NDArray[np.float32]


@dataclass(frozen=True)
class EpipolarResidualOptions:
    """Choose over what the texture around a pixel is averaged."""

    texture_window_px: int = 9         # the patch of DIS


class EpipolarResidual(NamedTuple):
    """Hold, per pixel of the coarse grid of the source, in pixels."""

    across: Map          # error across the epipolar line
    along: Map           # along it: positive where a nearer point would explain it
    per_depth: Map       # how far a point moves along it, per inverse depth
    forward_backward_error: Map
    length: Map          # of the flow
    is_known: NDArray[np.bool_]    # False where flow is not finite or leaves; all else is 0 there


def epipolar_residual(pair: FlowPair, grid: Flow, inverse_depth: Map, T_target_source: Array,
                      focal_px: float) -> EpipolarResidual:
    """Return the residual of the flow from source to target on the coarse grid of the source.

    grid (H, W, 2) holds the undistorted positions of the pixels; inverse_depth is of the coarse
    grid of the source. Flow may be NaN.
    """
    shape = inverse_depth.shape
    across, along, per_depth, error, length = (np.zeros(shape, np.float32) for _ in range(5))
    residual = EpipolarResidual(across, along, per_depth, error, length,
                                np.zeros(shape, np.bool_))
    _fill(pair.forward, pair.backward, grid, inverse_depth,
          np.ascontiguousarray(T_target_source[:3, :3]),
          np.ascontiguousarray(T_target_source[:3, 3]), focal_px, residual)
    return residual


def texture(image: Image, options: EpipolarResidualOptions) -> Map:
    """Return the mean gradient, grey levels per pixel, around the pixels of the coarse grid."""
    dx = cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=1 / 8)
    # cv2.magnitude rounds differently from one place in memory to another.
    gradient = cv2.boxFilter(np.sqrt(dx * dx + dy * dy), -1,
                             (options.texture_window_px, options.texture_window_px))
    return np.asarray(gradient[::STRIDE, ::STRIDE], np.float32)


def coarse_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the shape of the coarse grid of an image shape."""
    return -(-shape[0] // STRIDE), -(-shape[1] // STRIDE)


@compiled_reordered
def _bilinear(image: Flow, x: float, y: float) -> tuple[float, float]:
    height, width = image.shape[:2]
    x, y = min(max(x, 0.0), width - 1.001), min(max(y, 0.0), height - 1.001)
    column, row = int(x), int(y)
    a, b = x - column, y - row
    top_left, top_right = (1 - a) * (1 - b), a * (1 - b)
    low_left, low_right = (1 - a) * b, a * b
    first = top_left * image[row, column, 0] + top_right * image[row, column + 1, 0] \
        + low_left * image[row + 1, column, 0] + low_right * image[row + 1, column + 1, 0]
    second = top_left * image[row, column, 1] + top_right * image[row, column + 1, 1] \
        + low_left * image[row + 1, column, 1] + low_right * image[row + 1, column + 1, 1]
    return first, second


@compiled_reordered
def _fill(forward: Flow, backward: Flow, grid: Flow, inverse_depth: Map, R: Array, t: Array,
          focal: float, residual: EpipolarResidual) -> None:
    rows, columns = inverse_depth.shape
    height, width = forward.shape[:2]
    for i in range(rows):
        for j in range(columns):
            y, x, d = i * STRIDE, j * STRIDE, inverse_depth[i, j]
            flow_x, flow_y = forward[y, x, 0], forward[y, x, 1]
            there_x, there_y = x + flow_x, y + flow_y
            # A NaN is nowhere inside.
            if not (there_x >= 0 and there_y >= 0 and there_x <= width - 1
                    and there_y <= height - 1):
                continue
            back_x, back_y = _bilinear(backward, there_x, there_y)
            if not math.isfinite(back_x + back_y):
                continue
            residual.is_known[i, j] = True
            residual.length[i, j] = math.sqrt(flow_x * flow_x + flow_y * flow_y)
            residual.forward_backward_error[i, j] = math.sqrt(
                (flow_x + back_x) ** 2 + (flow_y + back_y) ** 2)
            target_x, target_y = _bilinear(grid, there_x, there_y)
            u, v = grid[y, x, 0] / focal, grid[y, x, 1] / focal
            px = R[0, 0] * u + R[0, 1] * v + R[0, 2] + d * t[0]
            py = R[1, 0] * u + R[1, 1] * v + R[1, 2] + d * t[1]
            pz = max(R[2, 0] * u + R[2, 1] * v + R[2, 2] + d * t[2], 1e-3)
            px, py = px / pz, py / pz
            rx, ry = target_x - focal * px, target_y - focal * py
            # How the point moves with its inverse depth is the direction of the epipolar line.
            ex, ey = t[0] - px * t[2], t[1] - py * t[2]
            norm = math.sqrt(ex * ex + ey * ey)
            if norm < 1e-9:
                residual.across[i, j] = math.sqrt(rx * rx + ry * ry)
            else:
                residual.across[i, j] = abs(rx * ey - ry * ex) / norm
                residual.along[i, j] = (rx * ex + ry * ey) / norm
                residual.per_depth[i, j] = focal * norm / pz
