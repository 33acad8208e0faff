# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether tracks show the camera's motion at all."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.inverse_depth import BEHIND_CAMERA_PX
from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.problem import Problem
from anycam_ros.refinement.state import LOG_FOCAL

MINIMUM_TRACKS = 8
MINIMUM_INLIER_SHARE = 0.3
MAXIMUM_BEHIND_SHARE = 0.5
# A depth is known when it exceeds its standard deviation this many times; noise alone, fitted as
# parallax over a window, reaches about 3.
KNOWN_DEPTH_RATIO = 6.0
MINIMUM_KNOWN_SHARE = 0.2


def reason_before(problem: Problem) -> str:
    """Return why the tracks cannot be adjusted; empty when they can."""
    state, weight = problem.start, problem.observations.weight
    frames = len(state.t)
    finite = all(np.isfinite(part).all() for part in (state.R, state.t, state.intrinsics))
    if not finite:
        return 'the poses or the focal length are not finite'
    if frames < 2:
        return 'one key frame alone shows no motion'
    focal = 6 * frames + LOG_FOCAL
    if frames < 3 and problem.gauge.is_free[focal] \
            and not problem.priors.intrinsics_information[LOG_FOCAL]:
        return 'two key frames do not show the focal length: fix it, or give a prior or a third'
    tracks = int((weight > 0).any(axis=1).sum())
    if tracks < MINIMUM_TRACKS:
        return f'{tracks} tracks are seen in more than one key frame; {MINIMUM_TRACKS} are needed'
    return ''


def reason_after(residual_px: Array, is_inlier: NDArray[np.bool_], inverse_depth: Array,
                 information: Array, noise_px: float) -> str:
    """Return why an adjustment is not to be trusted; empty when it is.

    residual_px is (N, L), NaN where not seen; information (N,) that of the inverse depths.
    """
    seen = ~np.isnan(residual_px)
    behind = float((residual_px[seen] >= BEHIND_CAMERA_PX).mean())
    if behind > MAXIMUM_BEHIND_SHARE:
        return f'{behind:.0%} of the observations are of points behind the camera'
    share = float(is_inlier[seen].mean())
    if share < MINIMUM_INLIER_SHARE:
        return f'only {share:.0%} of the observations follow one camera motion'
    tracked = seen.any(axis=1)
    ratio = inverse_depth[tracked] * np.sqrt(information[tracked]) / noise_px
    known = float((ratio > KNOWN_DEPTH_RATIO).mean())
    if known < MINIMUM_KNOWN_SHARE:
        return f'no parallax: only {known:.0%} of the tracks show a depth'
    return ''
