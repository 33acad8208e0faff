# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The best turn between two views that any plausible lens makes.

A wrong focal length and a distortion that nobody took out leave residuals in a turn that look like
parallax. What such a lens explains is no evidence of depth.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, so3_exp


@dataclass(frozen=True)
class LensTurnOptions:
    """Choose which lenses are plausible, and how the fit is weighted."""

    # Radial, of the normalised image coordinates: from wide webcams (-0.3) to Kinects (0.25).
    distortion_std: float = 0.3
    prior_weight_px2: float = 4.0      # correlated tracks times variance of flow
    minimum_noise_px: float = 0.3      # scale of Cauchy's kernel, at least
    iterations: int = 5
    step: float = 1e-4                 # of the numerical derivatives; all unknowns are near 1
    maximum_step: float = 0.3          # of an unknown in one iteration: a Newton step may err


class LensTurn(NamedTuple):
    """Hold how well the best turn fits."""

    residual_px: Array       # (N,)
    implausibility: float    # of its lens: squared deviations from the expected one, summed up


def fit_lens_turn(reference_px: Array, observed_px: Array, weight: Array,
                  R_start: Array, focal_px: float, focal_std: float,
                  options: LensTurnOptions) -> LensTurn:
    """Return the best turn between undistorted positions (N, 2), px.

    Unknowns are the turn, the logarithm of the focal length and one radial coefficient, each with
    a Gaussian prior, by reweighted Gauss-Newton (Cauchy's kernel). focal_std is relative; 0 for a
    calibrated lens, whose distortion has been taken out.
    """
    unknowns = 5 if focal_std > 0 else 3
    lens_std = np.array([max(focal_std, 1e-9), options.distortion_std])
    prior = np.zeros(5)
    prior[3:] = options.prior_weight_px2 / lens_std ** 2
    x = np.zeros(5)                  # turn (3), log focal over the expected one, distortion

    def residual(x: Array) -> Array:
        return _residual(reference_px, observed_px, so3_exp(x[:3]) @ R_start,
                         focal_px * float(np.exp(x[3])), float(x[4]))

    r = residual(x)
    for _ in range(options.iterations):
        length_px = np.linalg.norm(r, axis=1)
        scale_px = max(options.minimum_noise_px, MEDIAN_TO_STD * float(np.median(length_px)))
        w = (weight / (1.0 + (length_px / scale_px) ** 2))[:, None]
        J = np.stack([(residual(x + options.step * unit) - r) / options.step
                      for unit in np.eye(5)[:unknowns]], axis=-1)
        hessian = np.einsum('nki,nkj->ij', w[..., None] * J, J) \
            + np.diag(prior[:unknowns] + 1e-9)
        gradient = np.einsum('nki,nk->i', J, w * r) + prior[:unknowns] * x[:unknowns]
        x[:unknowns] -= np.clip(np.linalg.solve(hessian, gradient), -options.maximum_step,
                                options.maximum_step)
        r = residual(x)
    return LensTurn(np.linalg.norm(r, axis=1), float(((x[3:] / lens_std) ** 2).sum()))


def _residual(reference_px: Array, observed_px: Array, R: Array, focal_px: float,
              distortion: float) -> Array:
    """Return the errors (N, 2), px, of a turn seen through a lens."""
    seen = rays(_straight(reference_px, focal_px, distortion), focal_px) @ R.T
    expected_px = focal_px * seen[:, :2] / np.maximum(seen[:, 2:], 0.1)
    return np.asarray(expected_px - _straight(observed_px, focal_px, distortion))


def _straight(position_px: Array, focal_px: float, distortion: float) -> Array:
    """Return positions (N, 2) without a radial distortion."""
    squared = (position_px ** 2).sum(axis=1, keepdims=True) / focal_px ** 2
    return np.asarray(position_px * (1.0 + distortion * squared))
