# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known besides the tracks."""

from dataclasses import dataclass

from anycam_ros.refinement.tracks import Values


@dataclass(frozen=True, eq=False)
class Priors:
    """Hold Gaussian priors; an information of 0 means free.

    Information is the inverse variance relative to that of an observation of weight 1: divide
    by noise_px^2 to turn it into an absolute one. What a depth sensor measured goes through
    the robust kernel as the observations do.
    """

    inverse_depth: Values | None = None                # (N,); the tracks' own when None
    inverse_depth_information: Values | None = None    # (N,)
    focal_px: float | None = None                      # the focal length at the start when None
    log_focal_information: float = 0.0
    k1: float = 0.0
    k1_information: float = 0.0
    measured_inverse_depth: Values | None = None       # (N,) by a depth sensor
    measured_inverse_depth_information: Values | None = None    # (N,)
