# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The direction of translation from what a known turn leaves of the motion.

Where most points are far, any translation fits them, and an essential matrix from samples of all
points is one of theirs. With the turn taken out, the few near points tell the direction alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class ParallaxOptions:
    """Choose how the direction is sought, and which points support it."""

    samples: int = 200             # pairs of points: with half of them outliers, 50 are pure
    threshold_px: float = 1.0      # from the epipolar line, of a point that supports it
    iterations: int = 3            # of the fit to all supporting points
    seed: int = 0


def translation_direction(turned: Array, seen: Array, focal_px: float,
                          options: ParallaxOptions) -> tuple[Array, NDArray[np.bool_]]:
    """Return the direction t (3,) of T_camera_reference and which points support it (N,).

    turned (N, 3) are the rays of the reference after the turn, seen (N, 3) those of the camera, z
    is 1 in both. Each pair of rays and t lie in one plane: t is at right angles to their cross
    product.
    """
    normal = np.cross(seen, turned / turned[:, 2:])
    pairs = np.random.default_rng(options.seed).integers(0, len(normal), (options.samples, 2))
    trial = np.cross(normal[pairs[:, 0]], normal[pairs[:, 1]])
    length = np.linalg.norm(trial, axis=1, keepdims=True)
    trial = trial[length[:, 0] > 0] / length[length[:, 0] > 0]
    if not len(trial):
        return np.array([0.0, 0.0, 1.0]), np.zeros(len(normal), np.bool_)
    # A point without parallax fits every direction; its error is small for all of them.
    error_px = focal_px * np.abs(normal @ trial.T)
    cost = np.minimum(error_px, options.threshold_px).sum(axis=0)
    t = trial[cost.argmin()]
    for _ in range(options.iterations):
        supports = focal_px * np.abs(normal @ t) < options.threshold_px
        t = np.linalg.svd(normal[supports], full_matrices=False)[2][-1]
    # Points in front of both cameras move away from the epipole.
    shift = seen[:, :2] - (turned / turned[:, 2:])[:, :2]
    away = t[:2] - seen[:, :2] * t[2]
    supports = focal_px * np.abs(normal @ t) < options.threshold_px
    return t * np.sign((shift * away)[supports].sum() or 1.0), supports
