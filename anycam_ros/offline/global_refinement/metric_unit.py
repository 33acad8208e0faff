# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metres for a refined path that became metric only after its start."""

import numpy as np

from anycam_ros.geometry.se3 import Array

SPAN = 10                        # poses between which distances are compared


def in_metres(T_refined: Array, T_causal: Array, first_metric: int) -> Array:
    """Return refined poses (F, 4, 4) in metres, scaled to the metric part of the causal poses.

    Refinement gives all poses one unit, a mean of the arbitrary one before first_metric and of
    metres after it. That unit stays where too few poses are metric.
    """
    refined, metric = (T[first_metric:, :3, 3] for T in (T_refined, T_causal))
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
