# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose of one frame against known points whose depths are uncertain.

Every point carries its inverse depth as a state of its own with a Gaussian prior, eliminated by
the Schur complement: a fresh point then constrains the pose along its epipolar line only, an old
one fully, and nothing has to decide between the two.
"""

import math
from typing import NamedTuple

import numpy as np

from anycam_ros.geometry.compiled import compiled
from anycam_ros.geometry.inverse_depth import (
    BEHIND_CAMERA_PX,
    fill_pose_jacobian,
    MINIMUM_Z,
    pixel_change,
)
from anycam_ros.geometry.kernels import (
    product,
    solve_positive_definite,
    times_vector,
)
from anycam_ros.geometry.se3 import Array, orthonormalised, so3_exp

MINIMUM_INVERSE_DEPTH = 1e-3      # times their mean: a map may have any unit


class Points(NamedTuple):
    """Hold N points with uncertain depth and where they are seen in one frame.

    A point at inverse depth d lies at `(ray + d * centre) / d` in the world.
    """

    ray: Array              # (N, 3) from the anchor camera, its z there is 1; world axes
    centre: Array           # (N, 3) centre of the anchor camera, world
    inverse_depth: Array    # (N,) along the anchor's optical axis
    information: Array      # (N,) of the inverse depth, for pixel noise of 1 px
    observed_px: Array      # (N, 2) from the principal point
    weight: Array           # (N,) at least 0; 0 = not seen


class PoseFit(NamedTuple):
    """Hold a fitted pose and how well it fits."""

    T_camera_world: Array   # (4, 4)
    residual_px: Array      # (N,) length of the reprojection error; infinite where not seen
    inverse_depth: Array    # (N,) as the fit moved it
    information: Array      # (6, 6) left perturbation (linear, angular), pixel noise of 1 px
    cost: float


class _Equations(NamedTuple):
    """Hold the normal equations: the pose's reduced by the depths, and the depths' own."""

    hessian: Array          # (6, 6)
    gradient: Array         # (6,)
    pose_depth: Array       # (N, 6)
    depth_hessian: Array    # (N,)
    depth_gradient: Array   # (N,)
    residual: Array         # (N,)


def fit_pose(points: Points, focal_px: float, T_camera_world: Array, delta_px: float, *,
             heavy_tailed: bool, iterations: int = 10) -> PoseFit:
    """Return the pose that minimises the robust reprojection error (Levenberg-Marquardt).

    delta_px is the robust threshold, of Cauchy's kernel when heavy_tailed, else of Huber's.
    """
    return PoseFit(*_fit_pose(points, focal_px, np.ascontiguousarray(T_camera_world), delta_px,
                              heavy_tailed, iterations))


@compiled
def _robust(squared: float, delta: float, heavy_tailed: bool) -> tuple[float, float]:
    """Return cost and weight of a squared residual."""
    if heavy_tailed:
        ratio = 1.0 + squared / (delta * delta)
        return delta * delta * math.log(ratio), 1.0 / ratio
    length = math.sqrt(squared)
    if length <= delta:
        return squared, 1.0
    return 2 * delta * length - delta * delta, delta / length


@compiled
def _new_equations(count: int) -> _Equations:
    return _Equations(np.zeros((6, 6)), np.zeros(6), np.zeros((count, 6)), np.zeros(count),
                      np.zeros(count), np.zeros(count))


@compiled
def _linearise(points: Points, depth: Array, R: Array, t: Array, focal: float, delta: float,
               heavy_tailed: bool, equations: _Equations) -> float:
    """Fill the normal equations at a pose and depths; return the cost."""
    hessian, gradient, pose_depth, depth_hessian, depth_gradient, residual = equations
    hessian[:], gradient[:], pose_depth[:] = 0.0, 0.0, 0.0
    cost = 0.0
    J = np.zeros((2, 6))
    for i in range(len(depth)):
        if points.weight[i] == 0.0:
            # What does not count may hold anything, NaN included.
            depth_hessian[i], depth_gradient[i], residual[i] = 1.0, 0.0, np.inf
            continue
        offset = depth[i] - points.inverse_depth[i]
        information = points.information[i] + 1e-12
        cost += information * offset * offset
        depth_hessian[i], depth_gradient[i] = information, information * offset
        d, ray, centre = depth[i], points.ray[i], points.centre[i]
        bx = R[0, 0] * centre[0] + R[0, 1] * centre[1] + R[0, 2] * centre[2] + t[0]
        by = R[1, 0] * centre[0] + R[1, 1] * centre[1] + R[1, 2] * centre[2] + t[1]
        bz = R[2, 0] * centre[0] + R[2, 1] * centre[1] + R[2, 2] * centre[2] + t[2]
        x = R[0, 0] * ray[0] + R[0, 1] * ray[1] + R[0, 2] * ray[2] + d * bx
        y = R[1, 0] * ray[0] + R[1, 1] * ray[1] + R[1, 2] * ray[2] + d * by
        z = R[2, 0] * ray[0] + R[2, 1] * ray[1] + R[2, 2] * ray[2] + d * bz
        if z < MINIMUM_Z:
            residual[i] = BEHIND_CAMERA_PX
            cost += points.weight[i] * _robust(BEHIND_CAMERA_PX ** 2, delta, heavy_tailed)[0]
            continue
        u, v, s = x / z, y / z, focal / z
        ru, rv = focal * u - points.observed_px[i, 0], focal * v - points.observed_px[i, 1]
        squared = ru * ru + rv * rv
        residual[i] = math.sqrt(squared)
        rho, robust_weight = _robust(squared, delta, heavy_tailed)
        w = points.weight[i] * robust_weight
        cost += points.weight[i] * rho
        fill_pose_jacobian(u, v, focal, s * d, J)
        du, dv = pixel_change(u, v, s, bx, by, bz)
        depth_hessian[i] += w * (du * du + dv * dv)
        depth_gradient[i] += w * (du * ru + dv * rv)
        for a in range(6):
            pose_depth[i, a] = w * (J[0, a] * du + J[1, a] * dv)
            eliminated = pose_depth[i, a] / depth_hessian[i]
            gradient[a] += w * (J[0, a] * ru + J[1, a] * rv) - eliminated * depth_gradient[i]
            for b in range(a + 1):
                hessian[a, b] += w * (J[0, a] * J[0, b] + J[1, a] * J[1, b]) \
                    - eliminated * pose_depth[i, b]
                hessian[b, a] = hessian[a, b]
    return cost


@compiled
def _fit_pose(points: Points, focal: float, T: Array, delta: float, heavy_tailed: bool,
              iterations: int) -> tuple[Array, Array, Array, Array, float]:
    count = len(points.weight)
    R, t, depth = T[:3, :3].copy(), T[:3, 3].copy(), points.inverse_depth.copy()
    now, trial = _new_equations(count), _new_equations(count)
    lowest = np.minimum(depth, MINIMUM_INVERSE_DEPTH * depth.mean())
    cost = _linearise(points, depth, R, t, focal, delta, heavy_tailed, now)
    damping = 1e-4
    for _ in range(iterations):
        damped = now.hessian.copy()
        for a in range(6):
            damped[a, a] += damping * now.hessian[a, a] + 1e-9
        step = -solve_positive_definite(damped, now.gradient)
        turn = so3_exp(step[3:])
        R_trial, t_trial = orthonormalised(product(turn, R)), times_vector(turn, t) + step[:3]
        move = (now.depth_gradient + times_vector(now.pose_depth, step)) / now.depth_hessian
        depth_trial = np.maximum(depth - move, lowest)
        trial_cost = _linearise(points, depth_trial, R_trial, t_trial, focal, delta, heavy_tailed,
                                trial)
        if trial_cost < cost:
            gain = (cost - trial_cost) / cost
            R, t, depth, cost = R_trial, t_trial, depth_trial, trial_cost
            now, trial = trial, now
            damping = max(damping / 6, 1e-9)
            if gain < 1e-5:
                break
        else:
            damping *= 6
            if damping > 1e6:
                break
    T_fit = np.eye(4)
    T_fit[:3, :3], T_fit[:3, 3] = R, t
    return T_fit, now.residual, depth, now.hessian, cost
