# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far a trajectory is from the truth, in figures that show what each of them alone hides.

The path error after Sim(3) alignment is small for a path that exploded, which the alignment
shrinks to a point, and for one that hardly moves: path ratio and scale drift show the first,
rotation errors, which nothing is aligned for, the second.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.evaluation.metrics import absolute_error, align

Array = NDArray[np.float64]
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]

PIECE_FRAMES = 10      # of scale drift: long enough to move further than a truth is uncertain
TURN_FRAMES = 30
# A piece whose true displacement is a smaller share of the median one is left out: at the turning
# points of a path to and fro it is mostly noise of the truth.
LEAST_DISPLACEMENT = 0.2
STANDS_M = 1e-3        # from the mean; no truth of a recording knows the path of such a camera
FEWEST_PIECES = 5


@dataclass(frozen=True, eq=False)
class MatchedPoses:
    """Hold the N frames that have both an estimated and a true pose."""

    frames: NDArray[np.intp]        # (N,) number of the frame, ascending
    T_estimated: Array              # (N, 4, 4) in axes and unit of their own
    T_true: Array                   # (N, 4, 4) m
    positioned: NDArray[np.bool_]   # (N,) whether the estimate says where the camera is


class TrajectoryScore(NamedTuple):
    """Hold the figures of one trajectory; NaN where the truth has nothing to compare with.

    Where the truth stands, nothing can be aligned: the path error is the RMSE of the estimated
    positions about their mean in the unit of the estimate, and ratio and drift are NaN.
    """

    true_path_m: float          # length
    path_error_m: float         # RMSE after Sim(3) alignment
    path_ratio: float           # estimated length after Sim(3) over the true length
    scale_drift: float          # standard deviation of the logarithm of the local scale
    turn_median_deg: float      # rotation error over 30 frames
    turn_p95_deg: float
    direction_deg: float        # median error of the direction of displacements over 10 frames


def score_trajectory(poses: MatchedPoses, frame_step: int = 1) -> TrajectoryScore:
    """Return the figures.

    frame_step is how many frames of the recording one frame stands for: the pieces keep their
    duration where frames are left out.
    """
    estimated, true = poses.T_estimated[:, :3, 3], poses.T_true[:, :3, 3]
    turns_deg = rotation_errors_deg(
        poses.T_estimated[:, :3, :3], poses.T_true[:, :3, :3],
        pairs_apart(poses.frames, TURN_FRAMES // frame_step))
    median_deg, p95_deg = np.percentile(turns_deg, (50, 95)) if len(turns_deg) \
        else (np.nan, np.nan)
    if len(poses.frames) < 3:
        return TrajectoryScore(np.nan, np.nan, np.nan, np.nan, float(median_deg), float(p95_deg),
                               np.nan)
    if stands(true):
        error, ratio, drift = float(np.sqrt(np.var(estimated, axis=0).sum())), np.nan, np.nan
        length_m, direction_deg = 0.0, np.nan
    else:
        length_m, error = path_length(true), absolute_error(estimated, true)
        ratio = path_ratio(estimated, true)
        first, last = pairs_apart(poses.frames, max(PIECE_FRAMES // frame_step, 1))
        both = poses.positioned[first] & poses.positioned[last]
        pieces = first[both], last[both]
        drift = scale_drift(estimated, true, pieces)
        direction_deg = direction_error_deg(poses.T_estimated, poses.T_true, pieces)
    return TrajectoryScore(length_m, error, ratio, drift, float(median_deg), float(p95_deg),
                           direction_deg)


def stands(positions_m: Array) -> bool:
    """Return whether true positions (N, 3) are those of a camera that does not move."""
    return bool(np.linalg.norm(positions_m - positions_m.mean(axis=0), axis=1).max() < STANDS_M)


def path_length(positions: Array) -> float:
    """Return the length of the way along positions (N, 3)."""
    return float(np.linalg.norm(np.diff(positions, axis=0), axis=1).sum())


def path_ratio(estimated: Array, true: Array) -> float:
    """Return the length of a path (N, 3) after its alignment to the true one, over the true one.

    1 is right; 0 is a path that stands, or one that is a point beside its own explosion.
    """
    return align(estimated, true).scale * path_length(estimated) / path_length(true)


def pairs_apart(frames: NDArray[np.intp], apart: int) -> Pairs:
    """Return the indices of all pairs of frames whose numbers (N,) are so far apart."""
    last = np.minimum(np.searchsorted(frames, frames + apart), max(len(frames) - 1, 0))
    first = np.flatnonzero(frames[last] == frames + apart)
    return first, last[first]


def scale_drift(estimated: Array, true: Array, pairs: Pairs) -> float:
    """Return the standard deviation over pairs of the logarithm of the local scale.

    The local scale is the estimated displacement over the true one, of positions (N, 3). 0 is a
    scale that does not change, 0.1 one that is off by 10 %, infinity a path that stands while the
    true one moves. NaN where fewer than five pairs move.
    """
    displacement, truth_m = (np.linalg.norm(path[pairs[1]] - path[pairs[0]], axis=1)
                             for path in (estimated, true))
    moves = _moves(truth_m)
    if moves.sum() < FEWEST_PIECES:
        return np.nan
    if not displacement[moves].all():
        return np.inf
    return float(np.std(np.log(displacement[moves] / truth_m[moves])))


def _moves(truth_m: Array) -> NDArray[np.bool_]:
    """Return which true displacements (N,) are long enough to compare with."""
    return truth_m > LEAST_DISPLACEMENT * np.median(truth_m) if len(truth_m) else truth_m > 0


def direction_error_deg(T_estimated: Array, T_true: Array, pairs: Pairs) -> float:
    """Return the median error of the direction in which the camera of each pair goes, degrees.

    Poses are (N, 4, 4); the directions are in the axes of the first camera of a pair. Pairs that
    hardly move are left out; NaN where fewer than five are left.
    """
    ways = [np.einsum('nji,nj->ni', T[pairs[0], :3, :3], T[pairs[1], :3, 3] - T[pairs[0], :3, 3])
            for T in (T_estimated, T_true)]
    truth_m = np.linalg.norm(ways[1], axis=1)
    moves = _moves(truth_m)
    if moves.sum() < FEWEST_PIECES:
        return np.nan
    estimated, true = (way[moves] / np.maximum(np.linalg.norm(way[moves], axis=1, keepdims=True),
                                               1e-12) for way in ways)
    cosine = np.clip((estimated * true).sum(axis=1), -1.0, 1.0)
    return float(np.median(np.degrees(np.arccos(cosine))))


def rotation_errors_deg(R_estimated: Array, R_true: Array, pairs: Pairs) -> Array:
    """Return by which angle the rotation between the two frames of each pair is wrong.

    The rotations (N, 3, 3) are those of the camera, each in axes of its own.
    """
    estimated, true = (R[pairs[0]].swapaxes(1, 2) @ R[pairs[1]] for R in (R_estimated, R_true))
    chord = np.linalg.norm(estimated - true, axis=(1, 2)) / np.sqrt(8)
    return np.asarray(np.degrees(2 * np.arcsin(np.minimum(chord, 1.0))))
