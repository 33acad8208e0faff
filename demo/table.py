# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run as a short table."""

import math

import numpy as np
from result import Result, Truth


def table(result: Result) -> str:
    """Return the table; figures that need a truth are left out where there is none."""
    p50, p95 = np.percentile(result.latencies_ms, (50, 95))
    rows = [
        ('frames in', f'{result.frames_in}'),
        ('poses out', f'{result.poses_out} ({result.poses_out / result.frames_in:.1%})'),
        ('frames dropped', f'{result.dropped} (while the node was busy: the newest wins)'),
        ('latency p50, p95', f'{p50:.0f} ms, {p95:.0f} ms'),
        ('focal length', _focal(result)),
    ]
    if result.truth is not None:
        rows += _path_rows(result.truth)
    if result.mask_overlap is not None:
        rows.append(('motion mask', f'{result.mask_overlap:.2f} (intersection over union)'))
    return ''.join(f'{name:<24}{text}\n' for name, text in rows)


def _path_rows(truth: Truth) -> list[tuple[str, str]]:
    """Return the rows of the path; a run of few frames has no drift, a shorter one no turns."""
    score = truth.score
    path = f'{score.path_error_m:.3f} m over {truth.path_length_m:.2f} m'
    turns = f'{score.turn_median_deg:.2f}, p95 {score.turn_p95_deg:.2f} degrees'
    rows = [
        (score.path_error_m, 'path error', f'{path} (ATE: RMSE after Sim(3) alignment)'),
        (score.path_ratio, 'path ratio',
         f'{score.path_ratio:.2f} (estimated length after Sim(3) over true)'),
        (score.scale_drift, 'scale drift',
         f'{score.scale_drift:.2f} (standard deviation of its logarithm)'),
        (score.turn_p95_deg, 'rotation error', f'{turns} (over 30 frames)')]
    return [(name, text) for value, name, text in rows if not math.isnan(value)]


def _focal(result: Result) -> str:
    focal, std = float(result.focal_px[-1]), float(result.focal_std_px[-1])
    text = f'{focal:.0f} px' if math.isinf(std) else f'{focal:.0f} ± {std:.0f} px'
    if result.focal_source == 'prior':
        text += ' (the first guess: no motion has shown it yet)'
    if result.true_focal_px is not None:
        error = focal / result.true_focal_px - 1
        text += f', truth {result.true_focal_px:.0f} px ({error:+.1%})'
    return text
