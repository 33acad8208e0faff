# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well a motion, the depth and a focal length explain the flow (equation 4)."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array

Map = NDArray[np.float32]

GRID_STEP_PX = 21               # flow errs alike within it; 16 points along 336 px
SMALLEST_SCALE_PX = 0.1         # of the flow's error, whatever the network says
NEAREST_M = 0.01


def induced_flow(depth_m: Map, T_target_source: Array, focal_px: float,
                 centre_px: tuple[float, float]) -> Map:
    """Return the flow (H, W, 2) of a rigid scene, px; NaN behind the camera.

    Depth (H, W) is that of the source.
    """
    height, width = depth_m.shape
    x, y = _rays(width, height, focal_px, centre_px)
    R, t = (part.astype(np.float32) for part in (T_target_source[:3, :3],
                                                 T_target_source[:3, 3]))
    point = [depth_m * (R[row, 0] * x + R[row, 1] * y + R[row, 2]) + t[row] for row in range(3)]
    z = np.where(point[2] > NEAREST_M, point[2], np.nan)
    return np.stack([focal_px * (point[0] / z - x), focal_px * (point[1] / z - y)],
                    axis=-1).astype(np.float32)


def pose_information(depth_m: Map, scale_px: Map, focal_px: float,
                     centre_px: tuple[float, float]) -> Array:
    """Return the information (6, 6) that flow holds on the motion (linear, angular) of a camera.

    scale_px (H, W) is the Laplace scale of the flow's error, whose variance is twice its square.
    Points of a coarse grid count: closer ones err alike.
    """
    height, width = depth_m.shape
    x, y = _rays(width, height, focal_px, centre_px)
    grid = (slice(GRID_STEP_PX // 2, None, GRID_STEP_PX),) * 2
    x, y = np.broadcast_arrays(x, y)
    u, v, depth = (np.asarray(image[grid].ravel(), np.float64) for image in (x, y, depth_m))
    scale = np.maximum(scale_px[grid].ravel().astype(np.float64), SMALLEST_SCALE_PX)
    zero, inverse = np.zeros_like(u), 1 / np.maximum(depth, NEAREST_M)
    rows = focal_px * np.array([
        [inverse, zero, -u * inverse, -u * v, 1 + u * u, -v],
        [zero, inverse, -v * inverse, -(1 + v * v), u * v, u]])
    weight = 1 / (2 * scale ** 2)
    return np.asarray(np.einsum('rin,rjn,n->ij', rows, rows, weight))


def _rays(width: int, height: int, focal_px: float,
          centre_px: tuple[float, float]) -> tuple[Map, Map]:
    """Return x (1, W) and y (H, 1) of the viewing rays at depth 1."""
    x = (np.arange(width, dtype=np.float32) - np.float32(centre_px[0])) / np.float32(focal_px)
    y = (np.arange(height, dtype=np.float32) - np.float32(centre_px[1])) / np.float32(focal_px)
    return x[None, :], y[:, None]
