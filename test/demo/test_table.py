# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The table says what was measured, and only that."""

import math
from typing import Any

import numpy as np
from picture import overlaid
from result import Result, Truth
from table import table

from anycam_ros.evaluation.trajectory_score import TrajectoryScore

SCORE = TrajectoryScore(
    true_path_m=9.0, path_error_m=0.0214, path_ratio=1.02, scale_drift=0.031, turn_median_deg=0.2,
    turn_p95_deg=0.84, direction_deg=1.0)


def result(**changes: Any) -> Result:  # noqa: ANN401
    fields = {
        'frames_in': 5, 'dropped': 1, 'latencies_ms': np.array([10.0, 20.0, 30.0, 40.0]),
        'times_s': np.arange(4.0), 'positions': np.zeros((4, 3)),
        'focal_px': np.full(4, 610.0), 'focal_std_px': np.full(4, 9.0),
        'focal_source': 'estimated', 'true_focal_px': 600.0,
        'truth': Truth(1.0, np.zeros((4, 3)), 9.07, SCORE), 'mask_overlap': 0.714}
    return Result(**{**fields, **changes})


def test_complete_table() -> None:
    assert [line.split(maxsplit=1)[0] for line in table(result()).splitlines()] == [
        'frames', 'poses', 'frames', 'latency', 'focal', 'path', 'path', 'scale',
        'rotation', 'motion']
    text = table(result())
    for part in ('4 (80.0%)', '1 (while', '25 ms, 38 ms', '610 ± 9 px, truth 600 px (+1.7%)',
                 '0.021 m over 9.07 m', '1.02 (estimated', '0.03 (standard',
                 '0.20, p95 0.84 degrees', '0.71 (intersection'):
        assert part in text


def test_a_run_of_few_frames_has_no_drift_and_no_turns() -> None:
    short = SCORE._replace(scale_drift=math.nan, turn_median_deg=math.nan, turn_p95_deg=math.nan)
    text = table(result(truth=Truth(1.0, np.zeros((4, 3)), 9.07, short)))
    assert 'path ratio' in text
    for part in ('scale drift', 'rotation error', 'nan'):
        assert part not in text


def test_what_is_not_known_is_left_out() -> None:
    text = table(result(true_focal_px=None, truth=None, mask_overlap=None,
                        focal_std_px=np.full(4, math.inf), focal_source='prior'))
    assert '610 px (the first guess: no motion has shown it yet)' in text
    for part in ('truth', 'path error', 'motion mask', 'inf'):
        assert part not in text


def test_mask_is_laid_over_its_pixels_only() -> None:
    image, mask = np.full((40, 60, 3), 100, np.uint8), np.zeros((40, 60), np.uint8)
    mask[10:20, 10:30] = 255
    out = overlaid(image, mask)
    assert (out[15, 20] != image[15, 20]).any()
    np.testing.assert_array_equal(out[25:], image[25:])
    np.testing.assert_array_equal(image, 100)
