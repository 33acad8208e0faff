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
from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array

# A mask needs no finer grid, and half the grid costs a quarter. What compiled code is specialised
# to stays a constant of the module: as an argument it would slow down every pixel.
STRIDE = 2

Map = NDArray[np.float32]


@dataclass(frozen=True)
class EpipolarResidualOptions:
    """Choose over what the texture around a pixel is averaged."""

    texture_window: int = 5            # coarse pixels: about the patch of DIS


class EpipolarResidual(NamedTuple):
    """Hold, per pixel of the coarse grid of the source, in pixels."""

    across: Map          # error across the epipolar line
    along: Map           # along it: positive where a nearer point would explain it
    per_depth: Map       # how far a point moves along it, per inverse depth
    forward_backward_error: Map
    length: Map          # of the flow
    is_known: NDArray[np.bool_]    # False where flow is not finite or leaves; all else is 0 there


def epipolar_residual(forward: Flow, backward: Flow, grid: Flow, inverse_depth: Map,
                      T_target_source: Array, focal_px: float) -> EpipolarResidual:
    """Return the residual of the flow from source to target.

    All images are on the coarse grid: flow there and back (h, w, 2), in pixels of the image, which
    may be NaN; grid (h, w, 2), the undistorted positions; inverse_depth (h, w) of the source.
    """
    shape = inverse_depth.shape
    across, along, per_depth, error, length = (np.zeros(shape, np.float32) for _ in range(5))
    residual = EpipolarResidual(across, along, per_depth, error, length,
                                np.zeros(shape, np.bool_))
    _fill(forward, backward, grid, inverse_depth,
          np.ascontiguousarray(T_target_source[:3, :3]),
          np.ascontiguousarray(T_target_source[:3, 3]), focal_px, residual)
    return residual


def texture(image: Image, options: EpipolarResidualOptions) -> Map:
    """Return the mean gradient, grey levels per pixel, around the pixels of the coarse grid."""
    dx, dy = (np.asarray(slope, np.int16) for slope in cv2.spatialGradient(image))
    gradient = np.zeros(coarse_shape((image.shape[0], image.shape[1])), np.float32)
    _fill_gradient(dx, dy, gradient)
    window = (options.texture_window, options.texture_window)
    return np.asarray(cv2.boxFilter(gradient, -1, window), np.float32)


def coarse_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the shape of the coarse grid of an image shape."""
    return -(-shape[0] // STRIDE), -(-shape[1] // STRIDE)


@compiled_reordered
def _fill_gradient(dx: NDArray[np.int16], dy: NDArray[np.int16], gradient: Map) -> None:
    """Fill the mean length of Sobel's gradients, grey levels per pixel, of each coarse pixel."""
    rows, columns = gradient.shape
    height, width = dx.shape
    for i in range(rows):
        for j in range(columns):
            total = np.float32(0)
            for k in range(STRIDE):
                for m in range(STRIDE):
                    y, x = min(i * STRIDE + k, height - 1), min(j * STRIDE + m, width - 1)
                    across, down = np.float32(dx[y, x]), np.float32(dy[y, x])
                    total += math.sqrt(across * across + down * down)
            gradient[i, j] = total / np.float32(8 * STRIDE ** 2)


@compiled_reordered
def _bilinear(image: Flow, x: float, y: float) -> tuple[float, float]:
    """Return the two values at a position; off the centres of the border they go on linearly."""
    column = min(max(int(x), 0), image.shape[1] - 2)
    row = min(max(int(y), 0), image.shape[0] - 2)
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
    inverse_focal = 1 / focal
    margin = 0.5 / STRIDE        # from the centre of a coarse pixel to that of its first pixel
    for i in range(rows):
        for j in range(columns):
            d, flow_x, flow_y = inverse_depth[i, j], forward[i, j, 0], forward[i, j, 1]
            there_x, there_y = j + flow_x / STRIDE, i + flow_y / STRIDE
            # A NaN is nowhere inside.
            if not (there_x >= -margin and there_y >= -margin
                    and there_x <= columns - 1 + margin and there_y <= rows - 1 + margin):
                continue
            back_x, back_y = _bilinear(backward, there_x, there_y)
            if not math.isfinite(back_x + back_y):
                continue
            residual.is_known[i, j] = True
            residual.length[i, j] = math.sqrt(flow_x * flow_x + flow_y * flow_y)
            residual.forward_backward_error[i, j] = math.sqrt(
                (flow_x + back_x) ** 2 + (flow_y + back_y) ** 2)
            target_x, target_y = _bilinear(grid, there_x, there_y)
            u, v = inverse_focal * grid[i, j, 0], inverse_focal * grid[i, j, 1]
            px = R[0, 0] * u + R[0, 1] * v + R[0, 2] + d * t[0]
            py = R[1, 0] * u + R[1, 1] * v + R[1, 2] + d * t[1]
            pz = max(R[2, 0] * u + R[2, 1] * v + R[2, 2] + d * t[2], 1e-3)
            inverse_z = 1 / pz
            px, py = px * inverse_z, py * inverse_z
            rx, ry = target_x - focal * px, target_y - focal * py
            # How the point moves with its inverse depth is the direction of the epipolar line.
            ex, ey = t[0] - px * t[2], t[1] - py * t[2]
            norm = math.sqrt(ex * ex + ey * ey)
            if norm < 1e-9:
                residual.across[i, j] = math.sqrt(rx * rx + ry * ry)
            else:
                ex, ey = ex / norm, ey / norm
                residual.across[i, j] = abs(rx * ey - ry * ex)
                residual.along[i, j] = rx * ex + ry * ey
                residual.per_depth[i, j] = focal * norm * inverse_z
