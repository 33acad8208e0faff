# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The unit of a refined path that was metric only from some pose on, as known on the way."""

import numpy as np

from anycam_ros.geometry.se3 import Array

SPAN = 10                        # poses between which distances are compared


def in_metres(T_refined: Array, T_on_the_way: Array, first_metric: int) -> Array:
    """Return refined poses (F, 4, 4) whose lengths agree with those known on the way, in metres.

    Refinement ties the whole path together, and so gives the poses before first_metric, whose
    unit was arbitrary, the same unit as the others: a mean of all. It stays where too few poses
    are metric.
    """
    refined, metric = (T[first_metric:, :3, 3] for T in (T_refined, T_on_the_way))
    span = min(SPAN, len(metric) - 1)
    if span < 1:
        return T_refined
    refined_chords, metric_chords = (np.linalg.norm(path[span:] - path[:-span], axis=1)
                                     for path in (refined, metric))
    moves = refined_chords > 0.1 * refined_chords.max()
    if not moves.any():
        return T_refined
    factor = float(np.median(metric_chords[moves] / refined_chords[moves]))
    out: Array = T_refined.copy()
    start = T_refined[0, :3, 3]
    out[:, :3, 3] = start + factor * (out[:, :3, 3] - start)
    return out
