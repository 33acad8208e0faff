# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How large errors are by the covariances that were published with them.

The error of the motion over some frames is compared with the sum of the twist covariances, each
times the squared seconds of its frame and brought to the camera of the last frame; the motions
between frames count as independent, as they do for a filter that fuses the twist. In a pose
covariance the same sum is what it has grown by, in the axes of odom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.evaluation.metrics import EvaluationError
from anycam_ros.geometry.se3 import adjoint, Array, inverse, so3_log

LINEAR, ANGULAR = slice(0, 3), slice(3, 6)


@dataclass(frozen=True, eq=False)
class Motion:
    """Hold the motion from one frame to the next, as found and as it truly was.

    Both transforms take points of the camera after the motion to the one before, optical axes.
    """

    T_before_after: Array     # (4, 4) as published
    covariance: Array         # (6, 6) of it (linear, angular), in the axes of the camera after
    T_true: Array             # (4, 4)


@dataclass(frozen=True, eq=False)
class NormalisedErrors:
    """Hold squared errors (N,) over what the covariance expects, per degree of freedom.

    Honest covariances make their means 1 (normalised estimation error squared: NEES).
    """

    all: Array
    linear: Array
    angular: Array


def normalised_errors(motions: Sequence[Motion], frames: int, units_per_metre: float, *,
                      truth_covariance: Array | None = None) -> NormalisedErrors:
    """Return the normalised squared errors of all motions over so many frames on end.

    motions follow one another without a gap. truth_covariance (6, 6) is that of a true motion
    (linear in m, angular), where the truth is measured.
    Source: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation,
    2001, section 5.4.
    """
    if not 1 <= frames <= len(motions):
        raise EvaluationError(f'{len(motions)} motions on end; {frames} are needed.')
    of_truth = np.zeros((6, 6))
    if truth_covariance is not None:
        unit = np.repeat([units_per_metre, 1.0], 3)
        of_truth = truth_covariance * np.outer(unit, unit)
    found = []
    for first in range(len(motions) - frames + 1):
        whole = _joined(motions[first:first + frames])
        error, covariance = motion_error(whole, units_per_metre), whole.covariance + of_truth
        found.append([_squared(error[part], covariance[part, part])
                      for part in (slice(None), LINEAR, ANGULAR)])
    return NormalisedErrors(*np.array(found).T)


def truth_jitter(stretches: Sequence[Sequence[Motion]], units_per_metre: float) -> Array:
    """Return the covariance (6, 6) of true motions (linear in m, angular) whose poses jitter.

    What a motion changes by from frame to frame is seen twice, by the truth and by the estimate,
    whose errors have nothing to do with each other: what the truth does not share is its own.
    Each stretch of motions has no gap. Poses count as off independently, so that the covariance
    is the same for motions over any number of frames, and axes as independent.
    Source: Grubbs, On estimating precision of measuring instruments, JASA 1948.
    """
    alone: list[Array] = []
    for motions in stretches:
        true, found = (np.diff(_vectors(side, unit), 2, axis=0) for side, unit in (
            ([motion.T_true for motion in motions], 1.0),
            ([motion.T_before_after for motion in motions], units_per_metre)))
        alone.extend(true * (true - found))
    if not alone:
        raise EvaluationError('no three motions on end: the jitter of the truth does not show.')
    # A third difference of positions holds 1 + 9 + 9 + 1 times their variance, a motion twice.
    return np.diag(np.maximum(np.mean(alone, axis=0), 0.0) * 2.0 / 20.0)


def motion_error(motion: Motion, units_per_metre: float) -> NDArray[np.float64]:
    """Return the error (linear, angular), in the unit of the motion and its camera's axes."""
    R = motion.T_true[:3, :3]
    far = motion.T_before_after[:3, 3] - units_per_metre * motion.T_true[:3, 3]
    return np.concatenate([R.T @ far, so3_log(R.T @ motion.T_before_after[:3, :3])])


def units_per_metre(motions: Sequence[Motion]) -> float:
    """Return the one scale with which the true steps are nearest to those found."""
    found = np.array([motion.T_before_after[:3, 3] for motion in motions])
    true = np.array([motion.T_true[:3, 3] for motion in motions])
    squared = float((true ** 2).sum())
    if squared == 0.0:
        raise EvaluationError('the camera does not move: lengths have no common scale.')
    return float((found * true).sum() / squared)


def _vectors(transforms: Sequence[Array], unit: float) -> Array:
    """Return transforms as vectors (N, 6), linear and angular, with lengths in the unit."""
    return np.array([np.concatenate([T[:3, 3] / unit, so3_log(T[:3, :3])]) for T in transforms])


def _joined(motions: Sequence[Motion]) -> Motion:
    """Return motions on end as one."""
    T, T_true, covariance = np.eye(4), np.eye(4), np.zeros((6, 6))
    for motion in motions:
        to_after = adjoint(inverse(motion.T_before_after))
        covariance = to_after @ covariance @ to_after.T + motion.covariance
        T, T_true = T @ motion.T_before_after, T_true @ motion.T_true
    return Motion(T, covariance, T_true)


def _squared(error: Array, covariance: Array) -> float:
    return float(error @ np.linalg.solve(covariance, error)) / len(error)
