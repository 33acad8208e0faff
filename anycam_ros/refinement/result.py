# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a refinement returns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CONVERGED = 'converged'
ITERATION_LIMIT = 'iteration_limit'
NOT_OBSERVABLE = 'not_observable'


@dataclass(frozen=True, eq=False)
class MarginalInformation:
    """Hold marginal information for observations whose standard deviation at weight 1 is 1 px.

    Divide by noise_px^2 for inverse covariances. 0 is unobserved, infinity is held fixed.
    """

    newest_pose: Array    # (6, 6) left perturbation of T_camera_world (linear, angular)
    log_focal: float
    k1: float
    log_scale: float      # of the root mean square distance from the first camera


@dataclass(frozen=True, eq=False)
class RefinementResult:
    """Hold refined poses, inverse depths and focal length.

    When not_observable, they are those that were put in. Arrays are tensors where tensors were
    put in.
    """

    status: str                          # 'converged', 'iteration_limit' or 'not_observable'
    reason: str                          # why not observable; empty otherwise
    T_world_camera: Array                # (F, 4, 4)
    inverse_depth: Array                 # (N,)
    focal_px: float
    k1: float
    objective_before: float              # equation 19, residuals in pixels
    objective_after: float
    iterations: int
    residual_px: Array                   # (N, L) length; NaN where not seen
    robust_weight: Array                 # (N, L) 1 = as good as the rest, towards 0 = ignored
    is_inlier: NDArray[np.bool_]         # (N, L)
    inverse_depth_information: Array     # (N,) priors included
    noise_px: float                      # standard deviation of an observation of weight 1
    information: MarginalInformation

    @property
    def not_observable(self) -> bool:
        """Return whether the tracks do not show the camera's motion."""
        return self.status == NOT_OBSERVABLE
