# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reprojection error: residuals, analytic Jacobians and their normal equations.

A track's point is a ray of its anchor frame a with inverse depth d. In frame j it lies at
`X = R_ja x + d t_ja` (scaled by d) and is seen at `f u (1 + k1 |u|^2)` with `u = (X/Z, Y/Z)`.
Unknowns: per frame a left perturbation of T_camera_world (linear, angular), log f, k1, and d.

Jacobians are taken with respect to the relative pose T_ja; the frames' own follow from
`delta_ja = delta_j - Ad(T_ja) delta_a`, applied once per pair of frames to the summed blocks.
"""

import math

import numpy as np

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.inverse_depth import (
    BEHIND_CAMERA_PX,
    fill_distorted_pose_jacobian,
    MINIMUM_Z,
)
from anycam_ros.geometry.kernels import multiply, relative_pose
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.state import (
    INTRINSICS,
    K1,
    LOG_FOCAL,
    NormalEquations,
    Observations,
    PriorTerms,
    State,
    UNKNOWNS,
)
from anycam_ros.refinement.terms.robust import robust


@compiled_reordered
def relative_poses(state: State, length: int) -> tuple[Array, Array]:
    """Return R (F, L, 3, 3) and t (F, L, 3) from each frame to those that follow it."""
    frames = len(state.t)
    R_ja, t_ja = np.zeros((frames, length, 3, 3)), np.zeros((frames, length, 3))
    for a in range(frames):
        for offset in range(1, min(length, frames - a)):
            j = a + offset
            relative_pose(state.R[j], state.t[j], state.R[a], state.t[a], R_ja[a, offset],
                          t_ja[a, offset])
    return R_ja, t_ja


@compiled_reordered
def anchor_ray(px: float, py: float, focal: float, k1: float) \
        -> tuple[float, float, float, float]:
    """Return the undistorted ray (x, y, 1), and d(x, y)/d(log f), d(x, y)/d(k1) over (x, y).

    The radius r solves r (1 + k1 r^2) = |p| / f.
    """
    mx, my = px / focal, py / focal
    if k1 == 0.0:
        return mx, my, -1.0, -(mx * mx + my * my)
    distorted = math.sqrt(mx * mx + my * my)
    r = distorted
    for _ in range(8):
        slope = max(1.0 + 3.0 * k1 * r * r, 0.1)
        r -= (r * (1.0 + k1 * r * r) - distorted) / slope
    stretch, slope = 1.0 + k1 * r * r, max(1.0 + 3.0 * k1 * r * r, 0.1)
    return mx / stretch, my / stretch, -stretch / slope, -r * r / slope


@compiled_reordered
def add_tracks(observations: Observations, state: State, priors: PriorTerms, kernel: int,
               delta: float, R_ja: Array, t_ja: Array, equations: NormalEquations) -> float:
    """Fill the inverse depths' equations and those of each pair of frames; return the cost."""
    frames, (count, length) = len(state.t), observations.weight.shape
    focal, k1 = math.exp(state.intrinsics[LOG_FOCAL]), state.intrinsics[K1]
    Jx, Jy, coupling = np.zeros(UNKNOWNS), np.zeros(UNKNOWNS), np.zeros(UNKNOWNS)
    cost = 0.0
    for n in range(count):
        a, d = observations.first_frame[n], state.inverse_depth[n]
        row = equations.camera_depth[n]
        row[:] = 0.0
        offset = d - priors.inverse_depth[n]
        hessian = priors.inverse_depth_information[n]
        gradient = hessian * offset
        cost += gradient * offset
        x, y, by_focal, by_k1 = anchor_ray(
            observations.points_px[n, 0, 0], observations.points_px[n, 0, 1], focal, k1)
        for j in range(1, min(length, frames - a)):
            w = observations.weight[n, j]
            if w == 0.0:
                continue
            R, t = R_ja[a, j], t_ja[a, j]
            ex, ey = R[0, 0] * x + R[0, 1] * y, R[1, 0] * x + R[1, 1] * y
            ez = R[2, 0] * x + R[2, 1] * y
            z = ez + R[2, 2] + d * t[2]
            if z < MINIMUM_Z:
                cost += w * robust(BEHIND_CAMERA_PX, 0.0, kernel, delta)[0]
                continue
            inverse_z = 1.0 / z
            u, v = (ex + R[0, 2] + d * t[0]) * inverse_z, (ey + R[1, 2] + d * t[1]) * inverse_z
            squared = u * u + v * v
            stretch = focal * (1.0 + k1 * squared)
            rx = u * stretch - observations.points_px[n, j, 0]
            ry = v * stretch - observations.points_px[n, j, 1]
            rho, wx, wy = robust(rx, ry, kernel, delta)
            cost += w * rho
            wx, wy = w * wx, w * wy
            # Pixel over (u, v): a symmetric matrix.
            bend = 2.0 * focal * k1
            xx, xy, yy = stretch + bend * u * u, bend * u * v, stretch + bend * v * v
            s = d * inverse_z
            fill_distorted_pose_jacobian(u, v, (xx, xy, yy), s, Jx, Jy)
            hu, hv = (ex - u * ez) * inverse_z, (ey - v * ez) * inverse_z
            hx, hy = xx * hu + xy * hv, xy * hu + yy * hv
            Jx[6], Jy[6] = u * stretch + by_focal * hx, v * stretch + by_focal * hy
            Jx[7], Jy[7] = focal * u * squared + by_k1 * hx, focal * v * squared + by_k1 * hy
            du, dv = (t[0] - u * t[2]) * inverse_z, (t[1] - v * t[2]) * inverse_z
            dx, dy = xx * du + xy * dv, xy * du + yy * dv
            hessian += wx * dx * dx + wy * dy * dy
            gradient += wx * dx * rx + wy * dy * ry
            pair, pair_gradient = equations.pair_hessian[a, j], equations.pair_gradient[a, j]
            for p in range(UNKNOWNS):
                jx, jy = wx * Jx[p], wy * Jy[p]
                pair_gradient[p] += jx * rx + jy * ry
                coupling[p] = jx * dx + jy * dy
                for q in range(p + 1):
                    pair[p, q] += jx * Jx[q] + jy * Jy[q]
            # The anchor's share: minus the transposed adjoint.
            mx = coupling[3] - t[1] * coupling[2] + t[2] * coupling[1]
            my = coupling[4] - t[2] * coupling[0] + t[0] * coupling[2]
            mz = coupling[5] - t[0] * coupling[1] + t[1] * coupling[0]
            for p in range(3):
                row[p] -= R[0, p] * coupling[0] + R[1, p] * coupling[1] + R[2, p] * coupling[2]
                row[3 + p] -= R[0, p] * mx + R[1, p] * my + R[2, p] * mz
            for p in range(6):
                row[6 * j + p] = coupling[p]
            row[6 * length] += coupling[6]
            row[6 * length + 1] += coupling[7]
        equations.depth_hessian[n] = hessian
        equations.depth_gradient[n] = gradient
    return cost


@compiled_reordered
def add_pairs(R_ja: Array, t_ja: Array, equations: NormalEquations) -> None:
    """Add the pairs' equations to the frames' by the adjoint of their relative pose."""
    frames, length = t_ja.shape[:2]
    border, gradient, poses = equations.border, equations.gradient, 6 * frames
    negative_adjoint = np.zeros((6, 6))
    anchored = np.zeros((UNKNOWNS, 6))
    for a in range(frames):
        for offset in range(1, min(length, frames - a)):
            H, g = equations.pair_hessian[a, offset], equations.pair_gradient[a, offset]
            if H[4, 4] == 0.0:    # no observation
                continue
            _fill_negative_adjoint(R_ja[a, offset], t_ja[a, offset], negative_adjoint)
            _fill_upper_triangle(H)
            multiply(H[:, :6], negative_adjoint, anchored)
            _add_pair_to_poses(a, offset, H, g, anchored, negative_adjoint, equations)
            for p in range(INTRINSICS):
                gradient[poses + p] += g[6 + p]
                for q in range(6):
                    border[p, 6 * (a + offset) + q] += H[6 + p, q]
                    border[p, 6 * a + q] += anchored[6 + p, q]
                for q in range(INTRINSICS):
                    border[p, poses + q] += H[6 + p, 6 + q]


@compiled_reordered
def _fill_upper_triangle(H: Array) -> None:
    for p in range(UNKNOWNS):
        for q in range(p):
            H[q, p] = H[p, q]


@compiled_reordered
def _add_pair_to_poses(a: int, offset: int, H: Array, g: Array, anchored: Array,
                       negative_adjoint: Array, equations: NormalEquations) -> None:
    """Add a pair's equations; anchored is H times the negative adjoint."""
    band, gradient = equations.band, equations.gradient
    width, j = band.shape[1] // 6, a + offset
    diagonal, beside = 6 * (width - 1), 6 * (width - 1 - offset)
    for p in range(6):
        gradient[6 * j + p] += g[p]
        for q in range(6):
            band[6 * j + p, diagonal + q] += H[p, q]
            band[6 * j + p, beside + q] += anchored[p, q]
            gradient[6 * a + p] += negative_adjoint[q, p] * g[q]
            for k in range(6):
                band[6 * a + p, diagonal + q] += negative_adjoint[k, p] * anchored[k, q]


@compiled_reordered
def _fill_negative_adjoint(R: Array, t: Array, out: Array) -> None:
    for q in range(3):
        for p in range(3):
            out[p, q] = out[3 + p, 3 + q] = -R[p, q]
        out[0, 3 + q] = t[2] * R[1, q] - t[1] * R[2, q]
        out[1, 3 + q] = t[0] * R[2, q] - t[2] * R[0, q]
        out[2, 3 + q] = t[1] * R[0, q] - t[0] * R[1, q]


@compiled_reordered
def reprojection_residuals(observations: Observations, state: State, residual: Array) -> None:
    """Fill the residuals (N, L, 2), px; NaN where nothing is seen."""
    frames, (count, length) = len(state.t), observations.weight.shape
    focal, k1 = math.exp(state.intrinsics[LOG_FOCAL]), state.intrinsics[K1]
    R_ja, t_ja = relative_poses(state, length)
    for n in range(count):
        a, d = observations.first_frame[n], state.inverse_depth[n]
        x, y, _, _ = anchor_ray(
            observations.points_px[n, 0, 0], observations.points_px[n, 0, 1], focal, k1)
        residual[n] = np.nan
        for j in range(1, min(length, frames - a)):
            if observations.weight[n, j] == 0.0:
                continue
            R, t = R_ja[a, j], t_ja[a, j]
            z = R[2, 0] * x + R[2, 1] * y + R[2, 2] + d * t[2]
            if z < MINIMUM_Z:
                residual[n, j, 0], residual[n, j, 1] = BEHIND_CAMERA_PX, 0.0
                continue
            u = (R[0, 0] * x + R[0, 1] * y + R[0, 2] + d * t[0]) / z
            v = (R[1, 0] * x + R[1, 1] * y + R[1, 2] + d * t[1]) / z
            stretch = focal * (1.0 + k1 * (u * u + v * v))
            residual[n, j, 0] = u * stretch - observations.points_px[n, j, 0]
            residual[n, j, 1] = v * stretch - observations.points_px[n, j, 1]


@compiled_reordered
def lengths(residual: Array, weight: Array, length: Array) -> float:
    """Fill the lengths (N, L) of residuals, NaN where not seen; return the sum over (16)."""
    total = 0.0
    for n in range(weight.shape[0]):
        for j in range(weight.shape[1]):
            x, y = residual[n, j, 0], residual[n, j, 1]
            length[n, j] = math.sqrt(x * x + y * y)
            if weight[n, j] > 0.0:
                total += weight[n, j] * min(abs(x) + abs(y), BEHIND_CAMERA_PX)
    return total
