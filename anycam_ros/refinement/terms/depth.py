# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth that a sensor measured where tracks start.

Only there: the error of a depth image is much the same all over it (clocks, calibration), so that
what the later images of a track say is no news, and would count as news for the poses.
"""

import math

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.refinement.state import NormalEquations, PriorTerms, State
from anycam_ros.refinement.terms.robust import robust


@compiled_reordered
def add_measured_depths(state: State, priors: PriorTerms, kernel: int, delta: float,
                        equations: NormalEquations) -> float:
    """Add the measured inverse depths to the equations of the tracks; return their cost.

    An error counts as one of the pixels that it is worth, so that the kernel takes care of what
    is off: edges, reflections, things that move.
    """
    cost = 0.0
    for n in range(len(priors.measured)):
        information = priors.measured_information[n]
        if information == 0.0:
            continue
        offset = state.inverse_depth[n] - priors.measured[n]
        rho, weight, _ = robust(math.sqrt(information) * offset, 0.0, kernel, delta)
        cost += rho
        equations.depth_hessian[n] += information * weight
        equations.depth_gradient[n] += information * weight * offset
    return cost
