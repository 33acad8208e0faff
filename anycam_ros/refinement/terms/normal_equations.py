# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The normal equations of the whole cost."""

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.refinement.state import (
    INTRINSICS,
    NormalEquations,
    Observations,
    PriorTerms,
    State,
)
from anycam_ros.refinement.terms.depth import add_measured_depths
from anycam_ros.refinement.terms.reprojection import add_pairs, add_tracks, relative_poses
from anycam_ros.refinement.terms.smoothness import add_smoothness


@compiled_reordered
def linearise(observations: Observations, state: State, priors: PriorTerms, kernel: int,
              delta: float, equations: NormalEquations) -> float:
    """Fill the equations at a state from all terms of the cost; return the cost."""
    equations.pair_hessian[:] = 0.0
    equations.pair_gradient[:] = 0.0
    equations.band[:] = 0.0
    equations.border[:] = 0.0
    equations.gradient[:] = 0.0
    R_ja, t_ja = relative_poses(state, observations.points_px.shape[1])
    cost = add_tracks(observations, state, priors, kernel, delta, R_ja, t_ja, equations)
    cost += add_measured_depths(state, priors, kernel, delta, equations)
    add_pairs(R_ja, t_ja, equations)
    poses = 6 * len(state.t)
    for q in range(INTRINSICS):
        offset = state.intrinsics[q] - priors.intrinsics[q]
        information = priors.intrinsics_information[q]
        cost += information * offset * offset
        equations.border[q, poses + q] += information
        equations.gradient[poses + q] += information * offset
    if priors.smoothness > 0.0:
        cost += add_smoothness(state, priors.smoothness, equations)
    return cost
