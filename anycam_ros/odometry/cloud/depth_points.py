# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points of a depth image."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import in_size, ProcessingCamera
from anycam_ros.geometry.se3 import Array
from anycam_ros.messages.depth import Depth

EDGE_RATIO = 1.1       # of the depths around a pixel; between two surfaces there is no point


def depth_points(depth_m: Depth, camera: ProcessingCamera, focal_px: float,
                 maximum_points: int) -> Array:
    """Return points (N, 3) of a grid of pixels whose depth is known, m, optical axes.

    depth_m is (H, W) of any size, of the view of the camera; focal_px is that of the working
    image. The grid is as fine as maximum_points allows. There is no point beside an edge of
    depth, where a pixel mixes what is before it with what is behind it.
    """
    height, width = depth_m.shape
    step = max(1, math.ceil(math.sqrt(height * width / maximum_points)))
    row, column = (axis.ravel() for axis in np.mgrid[step // 2:height:step, step // 2:width:step])
    known = _is_surface(depth_m)[row, column]
    row, column = row[known], column[known]
    size = camera.intrinsics.width, camera.intrinsics.height
    positions_px = in_size(np.stack([column, row], axis=1), (width, height), size)
    z = depth_m[row, column].astype(np.float64)[:, None]
    return np.concatenate([camera.undistorted_px(positions_px) / focal_px * z, z], axis=1)


def _is_surface(depth_m: Depth) -> NDArray[np.bool_]:
    """Return where (H, W) depth is known and about the same as all around."""
    known = np.isfinite(depth_m) & (depth_m > 0)
    depth = np.where(known, depth_m, 0).astype(np.float32)
    around = np.ones((3, 3), np.uint8)
    nearest, farthest = cv2.erode(depth, around), cv2.dilate(depth, around)
    return np.asarray(known & (farthest < EDGE_RATIO * nearest))
