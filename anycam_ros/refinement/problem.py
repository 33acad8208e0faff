# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks, poses and priors turned into what the solver works on: checked, flat, float64."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import TracksError
from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array, inverse, orthonormalised
from anycam_ros.refinement.array_kinds import as_array
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.refinement.priors import Priors
from anycam_ros.refinement.solver.gauge import Gauge
from anycam_ros.refinement.state import (
    INTRINSICS,
    K1,
    LOG_FOCAL,
    Observations,
    PriorTerms,
    State,
)
from anycam_ros.refinement.tracks import Tracks, Values

MAXIMUM_SKEW = 1e-3            # of a rotation that float32 or a long chain has bent
MAXIMUM_PX = 1e6               # beyond, a position or a weight is an accident
MAXIMUM_WEIGHT = 1e12
LARGEST_DEPTH = 1e12           # and its inverse the smallest, in any unit
DEPTH_RANGE = 1e3              # inverse depths stay within this factor of their median
FINEST_DEPTH_PRIOR = 1e-8      # relative deviation


class Problem(NamedTuple):
    """Hold one adjustment."""

    observations: Observations
    start: State
    priors: PriorTerms
    gauge: Gauge
    depth_limits: tuple[float, float]


def build_problem(tracks: Tracks, T_world_camera: Values, focal_px: float, k1: float,
                  config: RefinementConfig, priors: Priors) -> Problem:
    """Return the problem; raise TracksError when tracks, poses and priors do not fit together."""
    T = checked_poses(T_world_camera)
    observations = _checked_tracks(tracks, len(T))
    inverse_depth, limits = _checked_depths(as_array(tracks.inverse_depth))
    R, t = _world_to_camera(T)
    state = State(R, t, inverse_depth, np.array([log_focal(focal_px, 'focal_px'), k1]))
    smoothness = config.smoothness * len(tracks) / max(len(T) - 2, 1)
    terms = _prior_terms(priors, state, limits, smoothness)
    return Problem(observations, state, terms, _gauge(state, observations, config), limits)


def log_focal(focal_px: float, name: str) -> float:
    """Return the log of a focal length; raise TracksError when it is none."""
    if not (math.isfinite(focal_px) and focal_px > 0):
        raise TracksError(f'{name} is {focal_px}; it must be a number of pixels above 0.')
    return math.log(focal_px)


def _world_to_camera(T_world_camera: Array) -> tuple[Array, Array]:
    """Return rotations (F, 3, 3), made orthonormal, and translations (F, 3)."""
    T = inverse(T_world_camera)
    R = np.empty((len(T), 3, 3))
    for i, rotation in enumerate(T[:, :3, :3]):
        R[i] = orthonormalised(np.ascontiguousarray(rotation))
    return R, np.ascontiguousarray(T[:, :3, 3])


def checked_poses(T_world_camera: Values) -> Array:
    """Return poses (F, 4, 4); raise TracksError for what is none. NaN passes."""
    T = as_array(T_world_camera)
    if T.ndim != 3 or T.shape[1:] != (4, 4) or not len(T):
        raise TracksError(f'T_world_camera is {T.shape}; it must be (F, 4, 4) with F at least 1.')
    R = T[:, :3, :3]
    skew = np.abs(R @ np.swapaxes(R, 1, 2) - np.eye(3)).max(axis=(1, 2))
    bad = np.flatnonzero((skew > MAXIMUM_SKEW) | (np.linalg.det(np.nan_to_num(R)) < -0.5))
    if len(bad):
        raise TracksError(
            f'T_world_camera[{bad[0]}] is no rigid motion (rotation off by {skew[bad[0]]:.2g}); '
            'give camera to world, the rotation orthonormal and right-handed.')
    return T


def _checked_tracks(tracks: Tracks, frames: int) -> Observations:
    """Return the observations with everything unusable at weight 0."""
    first = np.array(as_array(tracks.first_frame), np.int64)
    if len(first) and (first.min() < 0 or first.max() >= frames):
        raise TracksError(f'first_frame is {first.min()} to {first.max()}; with {frames} poses '
                          f'it must be 0 to {frames - 1}.')
    length = min(tracks.points_px.shape[1], frames)
    points = np.array(as_array(tracks.points_px)[:, :length], order='C')
    weight = np.array(as_array(tracks.weight)[:, :length], order='C')
    _silence_unusable(first, frames, points, weight)
    return Observations(first, points, weight)


def _checked_depths(inverse_depth: Array) -> tuple[Array, tuple[float, float]]:
    """Return inverse depths within limits, and those; what is unknown gets the median."""
    known = (inverse_depth > 1.0 / LARGEST_DEPTH) & (inverse_depth < LARGEST_DEPTH)
    median = float(np.median(inverse_depth[known])) if known.any() else 1.0
    limits = (median / DEPTH_RANGE, median * DEPTH_RANGE)
    return np.clip(np.where(known, inverse_depth, median), *limits), limits


@compiled_reordered
def _silence_unusable(first: NDArray[np.int64], frames: int, points: Array,
                      weight: Array) -> None:
    """Set to 0 the weight of what cannot be used, and positions that are none."""
    for n in range(weight.shape[0]):
        # A comparison with NaN is false.
        has_anchor = abs(points[n, 0, 0]) < MAXIMUM_PX and abs(points[n, 0, 1]) < MAXIMUM_PX
        for j in range(weight.shape[1]):
            is_near = abs(points[n, j, 0]) < MAXIMUM_PX and abs(points[n, j, 1]) < MAXIMUM_PX
            if not is_near:
                points[n, j, 0] = points[n, j, 1] = 0.0
            usable = 0.0 < weight[n, j] < MAXIMUM_WEIGHT and j > 0 and first[n] + j < frames
            if not (usable and has_anchor and is_near):
                weight[n, j] = 0.0


def _prior_terms(priors: Priors, start: State, depth_limits: tuple[float, float],
                 smoothness: float) -> PriorTerms:
    intrinsics, certainty = start.intrinsics.copy(), np.zeros(INTRINSICS)
    if priors.focal_px is not None:
        intrinsics[LOG_FOCAL] = log_focal(priors.focal_px, 'the focal prior')
    certainty[LOG_FOCAL] = priors.log_focal_information
    if priors.k1_information > 0:
        intrinsics[K1], certainty[K1] = priors.k1, priors.k1_information
    value, information = _depths(priors, 'inverse_depth', start, depth_limits)
    measured, trust = _depths(priors, 'measured_inverse_depth', start, depth_limits)
    return PriorTerms(
        inverse_depth=value, inverse_depth_information=information, measured=measured,
        measured_information=trust, intrinsics=intrinsics, intrinsics_information=certainty,
        smoothness=smoothness)


def _depths(priors: Priors, name: str, start: State,
            depth_limits: tuple[float, float]) -> tuple[Array, Array]:
    """Return expected inverse depths (N,) and their information, 0 for what is unusable."""
    count = len(start.inverse_depth)
    columns = []
    for column_name, default in ((name, start.inverse_depth),
                                 (f'{name}_information', np.zeros(count))):
        given: Any = getattr(priors, column_name)
        column = default if given is None else as_array(given)
        if column.shape != (count,):
            raise TracksError(f'the prior {column_name} is {column.shape}; it must be ({count},).')
        columns.append(column)
    value, information = columns
    known = (value >= depth_limits[0]) & (value <= depth_limits[1]) & (information > 0)
    value = np.where(known, value, start.inverse_depth)
    return value, np.where(known, np.minimum(information, (FINEST_DEPTH_PRIOR * value) ** -2), 0.0)


def _gauge(state: State, observations: Observations, config: RefinementConfig) -> Gauge:
    frames = len(state.t)
    is_free = np.ones(6 * frames + INTRINSICS, np.bool_)
    is_free[:6 * config.fixed_frames] = False
    is_free[6 * frames:] = config.estimate_focal, config.estimate_k1
    if not config.fixed_scale or config.fixed_frames != 1 or frames < 2:
        return Gauge(is_free, -1)
    centre = -np.einsum('fji,fj->fi', state.R, state.t)
    distance = np.nan_to_num(np.linalg.norm(centre - centre[0], axis=1))
    _drop_unseen(observations, distance)
    return Gauge(is_free, int(np.argmax(distance)) or -1)


@compiled_reordered
def _drop_unseen(observations: Observations, values: Array) -> None:
    """Set to 0 the values (F,) of frames that no track ties to an earlier one."""
    is_seen = np.zeros(len(values))
    for n in range(observations.weight.shape[0]):
        for j in range(1, observations.weight.shape[1]):
            if observations.weight[n, j] > 0.0:
                is_seen[observations.first_frame[n] + j] = 1.0
    for j in range(len(values)):
        values[j] *= is_seen[j]
