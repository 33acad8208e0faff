# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Similarity transforms between trajectories, and the error that is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import AnyCamError

Array = NDArray[np.float64]


class EvaluationError(AnyCamError, ValueError):
    """An estimate and a truth cannot be compared."""


@dataclass(frozen=True, eq=False)
class Similarity:
    """Map points p of the source to the target: scale * rotation @ p + translation."""

    scale: float
    rotation: Array      # (3, 3)
    translation: Array   # (3,)

    def apply(self, points: Array) -> Array:
        """Return source points (N, 3) in the target."""
        return np.asarray(self.scale * points @ self.rotation.T + self.translation)

    def apply_inverse(self, points: Array) -> Array:
        """Return target points (N, 3) in the source."""
        return np.asarray((points - self.translation) @ self.rotation / self.scale)


def align(source: Array, target: Array, *, has_scale: bool = True) -> Similarity:
    """Return the similarity with the least squared error from points (N, 3) to points (N, 3).

    A source that does not move has no scale and no rotation: they are 1 and identity then.
    Without has_scale the scale stays 1, as is right for lengths in metres.
    Raises EvaluationError for fewer than three points. Source: Umeyama, PAMI 1991, eq. 39-42.
    """
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 3:
        raise EvaluationError(f'points are {source.shape} and {target.shape}; both must be '
                              '(N, 3).')
    if len(source) < 3:
        raise EvaluationError(f'{len(source)} pairs of poses; an alignment needs at least 3.')
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_centred, target_centred = source - source_mean, target - target_mean
    variance = float((source_centred ** 2).sum() / len(source))
    if variance < 1e-18:
        return Similarity(1.0, np.eye(3), target_mean - source_mean)
    U, singular, Vt = np.linalg.svd(target_centred.T @ source_centred / len(source))
    signs = np.array([1.0, 1.0, np.linalg.det(U) * np.linalg.det(Vt)])
    rotation = (U * np.sign(signs)) @ Vt
    scale = float((singular * np.sign(signs)).sum() / variance) if has_scale else 1.0
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)


def associate(stamps_s: Array, truth_stamps_s: Array, max_difference_s: float = 0.02) \
        -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return indices (M,) and (M,): each stamp that has a truth near it, and the nearest truth.

    truth_stamps_s must ascend.
    """
    right = np.clip(np.searchsorted(truth_stamps_s, stamps_s), 1, len(truth_stamps_s) - 1)
    left_is_nearer = stamps_s - truth_stamps_s[right - 1] <= truth_stamps_s[right] - stamps_s
    nearest = right - left_is_nearer
    matched = np.flatnonzero(np.abs(truth_stamps_s[nearest] - stamps_s) <= max_difference_s)
    return matched, nearest[matched]


def absolute_error(source: Array, target: Array, *, has_scale: bool = True) -> float:
    """Return the absolute trajectory error: RMSE between aligned points, in units of target."""
    residual = align(source, target, has_scale=has_scale).apply(source) - target
    return float(np.sqrt((residual ** 2).sum(axis=1).mean()))
