# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The start: rotation before there is parallax, then the first two key frames' geometry."""

from dataclasses import dataclass, field
import math
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.estimation.parallax import (
    ParallaxOptions,
    translation_direction,
)
from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, from_rotation_translation, so3_exp


@dataclass(frozen=True)
class TwoViewOptions:
    """Choose what of two views is a rotation, and what a relative pose."""

    maximum_focal_step: float = 0.3        # of log focal, in one iteration: a Newton step may err
    minimum_rotation_noise_px: float = 0.3     # scale of Cauchy's kernel, at least
    essential_threshold_px: float = 1.0    # of MAGSAC's inliers of the essential matrix
    homography_threshold_px: float = 2.0   # wider, for scenes that are only nearly flat
    robust_threshold_px: float = 1.5       # of the fit of pose and depths that follows
    iterations: int = 8                    # of that fit: its start is good
    inlier_px: float = 3.0                 # reprojection error
    minimum_points: int = 25               # fewer fit too many poses
    minimum_in_front: float = 0.6          # share of the inliers
    minimum_parallax_px: float = 1.0       # of a point that is seen to be in front
    minimum_inverse_depth: float = 0.004   # for a baseline of 1; farther shows no parallax
    free_depth_information: float = 1e-3   # of the depths before the fit: as good as none
    parallax: ParallaxOptions = field(default_factory=ParallaxOptions)
    plausible_cost: float = 3.0            # of a hypothesis, times the lowest one


class RotationFit(NamedTuple):
    """Hold the rotation that explains a motion best, and what it leaves."""

    R_camera_reference: Array    # (3, 3)
    residual_px: Array           # (N,)
    information: Array           # (3, 3) left perturbation, for pixel noise of 1 px
    focal_px: float
    focal_information: float     # of log focal, without the prior; 0 where it was not sought


class FocalPrior(NamedTuple):
    """Hold the expected focal length and the information of its logarithm."""

    focal_px: float
    information: float


class TwoViewGeometry(NamedTuple):
    """Hold the relative pose of two views with a baseline of 1, and the depths."""

    T_camera_reference: Array    # (4, 4)
    inverse_depth: Array         # (N,) in the reference
    is_inlier: NDArray[np.bool_]       # (N,)
    cost: float


def fit_rotation(reference_px: Array, observed_px: Array, weight: Array, focal_px: float,
                 R_start: Array, options: TwoViewOptions, *,
                 focal_prior: FocalPrior | None = None, iterations: int = 10) -> RotationFit:
    """Return the rotation between two views by reweighted least squares (Cauchy's kernel).

    With a focal_prior the focal length is sought, too: a wide turn shows it.
    """
    R, focal = R_start, focal_px
    unknowns = 3 if focal_prior is None else 4
    for step in range(iterations + 1):
        r, J = _linearised_rotation(reference_px, observed_px, focal, R)
        residual = np.asarray(np.linalg.norm(r, axis=1))
        scale = max(options.minimum_rotation_noise_px,
                    MEDIAN_TO_STD * float(np.median(residual)))
        weighted = (weight / (1.0 + (residual / scale) ** 2))[:, None, None] * J[:, :, :unknowns]
        information = np.einsum('nki,nkj->ij', weighted, J[:, :, :unknowns]) \
            + 1e-9 * np.eye(unknowns)
        if step == iterations:
            break
        hessian, gradient = information.copy(), np.einsum('nki,nk->i', weighted, r)
        if focal_prior is not None:
            hessian[3, 3] += focal_prior.information
            gradient[3] += focal_prior.information * math.log(focal / focal_prior.focal_px)
        delta = -np.linalg.solve(hessian, gradient)
        R = so3_exp(delta[:3]) @ R
        focal *= math.exp(np.clip(delta[3:].sum(), -options.maximum_focal_step,
                                  options.maximum_focal_step))
        if np.abs(delta).max() < 1e-7:
            break
    coupling = information[:3, 3:]
    shown = information[3:, 3:] - coupling.T @ np.linalg.solve(information[:3, :3], coupling)
    return RotationFit(R, residual, information[:3, :3], focal, float(shown.sum()))


def _linearised_rotation(reference_px: Array, observed_px: Array, focal_px: float,
                         R: Array) -> tuple[Array, Array]:
    """Return residuals (N, 2), px, and their derivatives (N, 2, 4) by rotation and log focal."""
    direction = rays(reference_px, focal_px)
    p = direction @ R.T
    u, v = p[:, 0] / p[:, 2], p[:, 1] / p[:, 2]
    # A longer focal length also turns the viewing directions towards the axis.
    e = -(direction * np.array([1.0, 1.0, 0.0])) @ R.T / p[:, 2:]
    J = focal_px * np.stack(
        [np.column_stack([-u * v, 1 + u * u, -v, u + e[:, 0] - u * e[:, 2]]),
         np.column_stack([-(1 + v * v), u * v, u, v + e[:, 1] - v * e[:, 2]])], axis=1)
    return focal_px * np.column_stack([u, v]) - observed_px, J


def two_view_hypotheses(reference_px: Array, observed_px: Array, weight: Array,
                        focal_px: float, R_camera_reference: Array,
                        options: TwoViewOptions) -> list[TwoViewGeometry]:
    """Return what two views (N, 2) may show, the best first; empty when nothing fits.

    The hypotheses come from an essential matrix E, a homography H, and the best turn (3, 3) with
    the parallax that it leaves. A flat scene has two, and a nearly flat one with noise too: all
    come back, for more views to decide. Points with weight 0 are not used and come back as
    outliers.
    """
    used = weight > 0
    if used.sum() < options.minimum_points:
        return []
    hypotheses = []
    for T, supports in _hypotheses(reference_px[used], observed_px[used], focal_px,
                                   R_camera_reference, options):
        is_supported = np.zeros(len(weight), np.bool_)
        is_supported[used] = supports
        geometry = _polished(T, reference_px, observed_px, weight * is_supported, focal_px,
                             options)
        if geometry is not None:
            # What a hypothesis leaves out speaks against it as an outlier does.
            left_out = float(weight[~is_supported].sum()) * _outlier_cost(options)
            hypotheses.append(geometry._replace(cost=geometry.cost + left_out))
    hypotheses.sort(key=lambda geometry: geometry.cost)
    return [geometry for geometry in hypotheses
            if geometry.cost <= options.plausible_cost * hypotheses[0].cost]


def _outlier_cost(options: TwoViewOptions) -> float:
    delta_px = options.robust_threshold_px
    return delta_px ** 2 * math.log(1.0 + (options.inlier_px / delta_px) ** 2)


def _hypotheses(reference_px: Array, observed_px: Array, focal_px: float,
                R_camera_reference: Array,
                options: TwoViewOptions) -> list[tuple[Array, NDArray[np.bool_]]]:
    """Return relative poses, and the points that support them: see two_view_hypotheses."""
    direction, in_line = translation_direction(
        rays(reference_px, focal_px) @ R_camera_reference.T, rays(observed_px, focal_px), focal_px,
        options.parallax)
    found: list[tuple[Any, Any, Any]] = [
        (R_camera_reference, direction[:, None], in_line[:, None])]
    essential, supports = cv2.findEssentialMat(
        reference_px, observed_px, focal_px, (0.0, 0.0), cv2.USAC_MAGSAC, 0.999,
        options.essential_threshold_px)
    if essential is not None and essential.shape == (3, 3):
        _, R, t, _ = cv2.recoverPose(essential, reference_px, observed_px, focal=focal_px,
                                     pp=(0.0, 0.0), mask=supports.copy())
        found.append((R, t, supports))
    homography, _ = cv2.findHomography(reference_px, observed_px, cv2.USAC_MAGSAC,
                                       options.homography_threshold_px)
    if homography is not None and supports is not None:
        camera = np.diag([focal_px, focal_px, 1.0])
        _, rotations, translations, _ = cv2.decomposeHomographyMat(homography, camera)
        found += [(R, t, supports) for R, t in zip(rotations, translations, strict=True)]
    return [(from_rotation_translation(np.asarray(R, np.float64), np.asarray(t, np.float64)[:, 0]),
             mask[:, 0] > 0) for R, t, mask in found]


def _polished(T: Array, reference_px: Array, observed_px: Array, weight: Array,
              focal_px: float, options: TwoViewOptions) -> TwoViewGeometry | None:
    """Return the geometry refined from a relative pose; None when it lies behind the cameras."""
    directions, seen = rays(reference_px, focal_px), rays(observed_px, focal_px)
    points = Points(
        ray=directions, centre=np.zeros_like(directions),
        inverse_depth=np.maximum(_triangulate(directions, seen, T)[0],
                                 options.minimum_inverse_depth),
        information=np.full(len(weight), options.free_depth_information),
        observed_px=observed_px, weight=weight)
    fit = fit_pose(points, focal_px, T, options.robust_threshold_px, heavy_tailed=True,
                   iterations=options.iterations)
    baseline = float(np.linalg.norm(fit.T_camera_world[:3, 3]))
    if baseline < 1e-6:
        return None
    T = fit.T_camera_world
    T[:3, 3] /= baseline
    depth, shift = _triangulate(directions, seen, T)
    is_inlier = (weight > 0) & (fit.residual_px < options.inlier_px)
    # A point without parallax may be anywhere far away.
    has_parallax = is_inlier & (focal_px * shift * np.abs(depth) > options.minimum_parallax_px)
    in_front = has_parallax & (depth > 0)
    if in_front.sum() < max(options.minimum_points,
                            options.minimum_in_front * has_parallax.sum()):
        return None
    return TwoViewGeometry(T, np.maximum(depth, options.minimum_inverse_depth),
                           in_front | (is_inlier & ~has_parallax), fit.cost)


def _triangulate(ray_reference: Array, ray_observed: Array, T: Array) -> tuple[Array, Array]:
    """Return inverse depths (N,) in the reference, and the shift (N,) per inverse depth.

    Least squares on the second view, in normalised image coordinates.
    """
    a = ray_reference @ T[:3, :3].T
    t = T[:3, 3]
    # u (a_z + d t_z) = a_x + d t_x, and the same for v.
    coefficient = ray_observed[:, :2] * t[2] - t[:2]
    constant = a[:, :2] - ray_observed[:, :2] * a[:, 2:]
    norm = (coefficient ** 2).sum(axis=1)
    return (coefficient * constant).sum(axis=1) / np.maximum(norm, 1e-12), np.sqrt(norm)
