# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well the flow of a picture determines the motion of its camera."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.inverse_depth import fill_pose_jacobian
from anycam_ros.geometry.se3 import Array

Map = NDArray[np.float32]

GRID_STEP_PX = 21               # flow errs alike within it; 16 points along 336 px
GRID = slice(GRID_STEP_PX // 2, None, GRID_STEP_PX)    # of rows, and of columns
SMALLEST_SCALE_PX = 0.1         # of the flow's error, whatever the network says
NEAREST_M = 0.01


def pose_information(depth_m: Map, scale_px: Map, focal_px: float,
                     centre_px: tuple[float, float]) -> Array:
    """Return the information (6, 6) that flow holds on the motion (linear, angular) of a camera.

    Takes the depth and the Laplace scale of the flow's error, whose variance is twice its square,
    at the points of the GRID (h, w): closer ones err alike.
    """
    rows, columns = (GRID_STEP_PX // 2 + GRID_STEP_PX * np.indices(depth_m.shape))
    u = (columns.ravel() - centre_px[0]) / focal_px
    v = (rows.ravel() - centre_px[1]) / focal_px
    scale = np.maximum(scale_px.ravel().astype(np.float64), SMALLEST_SCALE_PX)
    inverse = 1 / np.maximum(depth_m.ravel().astype(np.float64), NEAREST_M)
    J = np.empty((2, 6, len(u)))
    fill_pose_jacobian(u, v, focal_px, focal_px * inverse, J)
    return np.asarray(np.einsum('rin,rjn,n->ij', J, J, 1 / (2 * scale ** 2)))
