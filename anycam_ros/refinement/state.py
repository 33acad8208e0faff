# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The unknowns, the data and the normal equations, as the kernels see them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array

LOG_FOCAL, K1 = 0, 1          # the two intrinsics, in this order behind the poses
INTRINSICS = 2
UNKNOWNS = 6 + INTRINSICS     # of one observation, besides its inverse depth


class Observations(NamedTuple):
    """Hold N tracks of up to L observations; column 0 is the anchor."""

    first_frame: NDArray[np.int64]   # (N,)
    points_px: Array                 # (N, L, 2) from the principal point
    weight: Array                    # (N, L)


class State(NamedTuple):
    """Hold the unknowns."""

    R: Array                # (F, 3, 3) world to camera
    t: Array                # (F, 3)
    inverse_depth: Array    # (N,)
    intrinsics: Array       # (2,) log focal, k1


class PriorTerms(NamedTuple):
    """Hold what is known besides: value and information, for observations of 1 px."""

    inverse_depth: Array                # (N,)
    inverse_depth_information: Array    # (N,)
    measured: Array                     # (N,) inverse depth by a sensor
    measured_information: Array         # (N,) 0 = not measured
    intrinsics: Array                   # (2,)
    intrinsics_information: Array       # (2,)
    smoothness: float                   # of the sum of the norms in (18)


class NormalEquations(NamedTuple):
    """Hold H and g of `H step = -g`; poses banded, inverse depths diagonal.

    Row i of the band, of pose p = i // 6, begins at column 6 (p - B + 1), where B is the
    number of neighbouring poses that tracks tie together.
    """

    band: Array              # (6 F, 6 B) lower triangle of the poses
    border: Array            # (2, 6 F + 2) intrinsics with poses and with themselves
    gradient: Array          # (6 F + 2,)
    camera_depth: Array      # (N, 6 L + 2) rows: the L frames from the anchor on, intrinsics
    depth_hessian: Array     # (N,)
    depth_gradient: Array    # (N,)
    pair_hessian: Array      # (F, L, 8, 8) relative pose and intrinsics, per anchor and offset
    pair_gradient: Array     # (F, L, 8)


@compiled_reordered
def new_equations(frames: int, tracks: int, length: int, band: int) -> NormalEquations:
    """Return equations of the right shapes."""
    return NormalEquations(
        np.empty((6 * frames, 6 * band)), np.empty((INTRINSICS, 6 * frames + INTRINSICS)),
        np.empty(6 * frames + INTRINSICS), np.empty((tracks, 6 * length + INTRINSICS)),
        np.empty(tracks), np.empty(tracks), np.empty((frames, length, UNKNOWNS, UNKNOWNS)),
        np.empty((frames, length, UNKNOWNS)))


@compiled_reordered
def coupled_poses(length: int, frames: int, priors: PriorTerms) -> int:
    """Return how many neighbouring poses the terms of the cost tie together."""
    return min(max(length, 3) if priors.smoothness > 0.0 else length, frames)


@compiled_reordered
def copy_of(state: State) -> State:
    """Return a state of its own."""
    return State(state.R.copy(), state.t.copy(), state.inverse_depth.copy(),
                 state.intrinsics.copy())
