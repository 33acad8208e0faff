# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What moves a fitted pose away from the truth: errors of the flow, and of the lens."""

from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.geometric.estimation.pose_estimation import Points, PoseFit
from anycam_ros.geometry.compiled import compiled
from anycam_ros.geometry.inverse_depth import fill_pose_jacobian, MINIMUM_Z, pixel_change
from anycam_ros.geometry.se3 import Array

LENS_PARAMETERS = 4      # log focal, k1, principal point x and y (focal lengths)


class PoseSensitivity(NamedTuple):
    """Hold what the points leave open about a fitted pose."""

    residual_px: Array       # (N, 2) reprojection error; NaN where not seen
    lens_response: Array     # (6, 4) left perturbation (linear, angular) per error of the lens


def pose_sensitivity(points: Points, R_world_anchor: Array, fit: PoseFit, focal_px: float,
                     delta_px: float) -> PoseSensitivity:
    """Return what the points leave open about a pose fitted with Cauchy's kernel.

    R_world_anchor (N, 3, 3) are the rotations of the points' anchor cameras; delta_px is the
    robust threshold of the fit.
    """
    T = fit.T_camera_world
    residual, gradient = _residuals_and_lens(
        points, np.ascontiguousarray(R_world_anchor), fit.inverse_depth,
        np.ascontiguousarray(T[:3, :3]), np.ascontiguousarray(T[:3, 3]), focal_px, delta_px)
    return PoseSensitivity(residual, np.asarray(-np.linalg.solve(fit.information, gradient)))


@compiled
def _ray_error(x: float, y: float, error: Array) -> None:
    """Fill how the viewing ray (x, y, 1) moves per error of each lens parameter, (2, 4)."""
    squared = x * x + y * y
    error[0, 0], error[1, 0] = -x, -y
    error[0, 1], error[1, 1] = -x * squared, -y * squared
    error[0, 2], error[1, 2] = -1.0, 0.0
    error[0, 3], error[1, 3] = 0.0, -1.0


@compiled
def _residuals_and_lens(points: Points, R_world_anchor: Array, depth: Array, R: Array, t: Array,
                        focal: float, delta: float) -> tuple[Array, Array]:
    """Return the residuals, and how the lens enters the pose's normal equations.

    The depths are eliminated as in the fit itself.
    """
    residual, gradient = np.full((len(depth), 2), np.nan), np.zeros((6, LENS_PARAMETERS))
    p, b, x, y = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    J, first, seen = np.zeros((2, 6)), np.empty((2, 4)), np.empty((2, 4))
    for i in range(len(depth)):
        d, ray, centre, axes = depth[i], points.ray[i], points.centre[i], R_world_anchor[i]
        ray_x, ray_y = 0.0, 0.0
        for k in range(3):
            b[k], p[k], x[k], y[k] = t[k], 0.0, 0.0, 0.0
            ray_x += axes[k, 0] * ray[k]
            ray_y += axes[k, 1] * ray[k]
            for q in range(3):
                b[k] += R[k, q] * centre[q]
                p[k] += R[k, q] * ray[q]
                x[k] += R[k, q] * axes[q, 0]
                y[k] += R[k, q] * axes[q, 1]
            p[k] += d * b[k]
        if points.weight[i] == 0.0 or p[2] < MINIMUM_Z:
            continue
        u, v, s = p[0] / p[2], p[1] / p[2], focal / p[2]
        ru, rv = focal * u - points.observed_px[i, 0], focal * v - points.observed_px[i, 1]
        residual[i, 0], residual[i, 1] = ru, rv
        w = points.weight[i] / (1.0 + (ru * ru + rv * rv) / (delta * delta))
        fill_pose_jacobian(u, v, focal, s * d, J)
        du, dv = pixel_change(u, v, s, b[0], b[1], b[2])
        xu, xv = pixel_change(u, v, s, x[0], x[1], x[2])
        yu, yv = pixel_change(u, v, s, y[0], y[1], y[2])
        hessian = points.information[i] + 1e-12 + w * (du * du + dv * dv)
        _ray_error(ray_x, ray_y, first)
        _ray_error(u, v, seen)
        for q in range(LENS_PARAMETERS):
            fu = xu * first[0, q] + yu * first[1, q] - focal * seen[0, q]
            fv = xv * first[0, q] + yv * first[1, q] - focal * seen[1, q]
            along = w * (du * fu + dv * fv) / hessian
            for a in range(6):
                gradient[a, q] += w * (J[0, a] * (fu - along * du) + J[1, a] * (fv - along * dv))
    return residual, gradient
