# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What moves a fitted pose away from the truth: errors of the flow, and of the focal length."""

from typing import NamedTuple

import numpy as np

from anycam_ros.frontend.geometric.estimation.pose_estimation import Points, PoseFit
from anycam_ros.geometry.compiled import compiled
from anycam_ros.geometry.inverse_depth import fill_pose_jacobian, MINIMUM_Z, pixel_change
from anycam_ros.geometry.se3 import Array


class PoseSensitivity(NamedTuple):
    """Hold what the points leave open about a fitted pose."""

    residual_px: Array       # (N, 2) reprojection error; NaN where not seen
    focal_response: Array    # (6,) left perturbation (linear, angular) per error of log focal


def pose_sensitivity(points: Points, axis: Array, fit: PoseFit, focal_px: float,
                     delta_px: float) -> PoseSensitivity:
    """Return what the points leave open about a pose fitted with Cauchy's kernel.

    axis (N, 3) are the optical axes of the points' anchor cameras, in world axes; delta_px is
    the robust threshold of the fit.
    """
    T = fit.T_camera_world
    residual, gradient = _residuals_and_focal(
        points, axis, fit.inverse_depth, np.ascontiguousarray(T[:3, :3]),
        np.ascontiguousarray(T[:3, 3]), focal_px, delta_px)
    return PoseSensitivity(residual, np.asarray(-np.linalg.solve(fit.information, gradient)))


@compiled
def _residuals_and_focal(points: Points, axis: Array, depth: Array, R: Array, t: Array,
                         focal: float, delta: float) -> tuple[Array, Array]:
    """Return the residuals, and how log focal enters the pose's normal equations.

    The depths are eliminated as in the fit itself.
    """
    residual, gradient = np.full((len(depth), 2), np.nan), np.zeros(6)
    p, b, e = np.empty(3), np.empty(3), np.empty(3)
    J = np.zeros((2, 6))
    for i in range(len(depth)):
        d, ray, centre = depth[i], points.ray[i], points.centre[i]
        for k in range(3):
            b[k], p[k], e[k] = t[k], 0.0, 0.0
            for q in range(3):
                b[k] += R[k, q] * centre[q]
                p[k] += R[k, q] * ray[q]
                # A longer focal length turns the ray towards the anchor's axis.
                e[k] += R[k, q] * (axis[i, q] - ray[q])
            p[k] += d * b[k]
        if points.weight[i] == 0.0 or p[2] < MINIMUM_Z:
            continue
        u, v, s = p[0] / p[2], p[1] / p[2], focal / p[2]
        ru, rv = focal * u - points.observed_px[i, 0], focal * v - points.observed_px[i, 1]
        residual[i, 0], residual[i, 1] = ru, rv
        w = points.weight[i] / (1.0 + (ru * ru + rv * rv) / (delta * delta))
        fill_pose_jacobian(u, v, focal, s * d, J)
        du, dv = pixel_change(u, v, s, b[0], b[1], b[2])
        fu, fv = pixel_change(u, v, s, e[0], e[1], e[2])
        fu, fv = focal * u + fu, focal * v + fv
        hessian = points.information[i] + 1e-12 + w * (du * du + dv * dv)
        along = w * (du * fu + dv * fv) / hessian
        for a in range(6):
            gradient[a] += w * (J[0, a] * (fu - along * du) + J[1, a] * (fv - along * dv))
    return residual, gradient
