# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is called broken is worse than 1.5 times, and matters."""

from typing import Any

import numpy as np
import pytest

from anycam_ros.evaluation.clip_score import ClipScore
from anycam_ros.evaluation.robustness import broken, cell
from anycam_ros.evaluation.trajectory_score import TrajectoryScore

PATH = TrajectoryScore(true_path_m=10.0, path_error_m=0.2, path_ratio=1.1, scale_drift=0.2,
                       turn_median_deg=0.5, turn_p95_deg=1.0, direction_deg=2.0)
GOOD = ClipScore(
    trajectory=PATH, metric_error_m=np.nan, path_length=3.0, tracking_share=0.9,
    frames_to_tracking=4.0, lost_frames=0, mask_similarity=0.6, masked_share=0.1,
    focal_error=0.02, focal_std=0.01,
    focal_source='estimated', frames_per_second=40.0, cpu_ms=25.0)
STANDS = GOOD._replace(trajectory=TrajectoryScore(0.0, 0.0, np.nan, np.nan, 0.0, 0.0, np.nan))


def changed(score: ClipScore, **changes: Any) -> ClipScore:  # noqa: ANN401
    path = {name: changes.pop(name) for name in list(changes) if name in PATH._fields}
    return score._replace(trajectory=score.trajectory._replace(**path), **changes)


@pytest.mark.parametrize(('changes', 'name', 'text'), [
    ({'path_error_m': 0.31}, 'path error', '**3.1 %**'),
    ({'path_ratio': 1.7}, 'path ratio', '**x1.70**'),
    ({'path_ratio': 0.05}, 'path ratio', '**x0.05**'),
    ({'path_ratio': 0.0}, 'path ratio', '**x0.00**'),
    ({'scale_drift': np.inf}, 'scale drift', '**drift inf**'),
    ({'turn_p95_deg': 1.6}, 'rotation', '**1.6°**'),
    ({'tracking_share': 0.5}, 'tracking', '**tracking 50%**'),
    ({'tracking_share': 0.0}, 'tracking', '**tracking 0%**'),
    ({'mask_similarity': 0.3}, 'mask', '**J 0.30**'),
    ({'focal_error': -0.2}, 'focal length', '**focal -20%**')])
def test_each_figure_can_break(changes: dict[str, float], name: str, text: str) -> None:
    worse = broken(changed(GOOD, **changes), GOOD)
    assert [criterion.name for criterion in worse] == [name]
    assert text in cell(changed(GOOD, **changes), worse)


@pytest.mark.parametrize('changes', [
    {}, {'path_error_m': 0.29, 'turn_p95_deg': 1.4, 'mask_similarity': 0.45},
    {'path_error_m': 0.0, 'path_ratio': 0.9, 'tracking_share': 1.0, 'frames_per_second': 1.0},
    {'focal_error': -0.2, 'focal_std': np.inf}])
def test_what_is_little_worse_or_claims_nothing_holds(changes: dict[str, float]) -> None:
    assert broken(changed(GOOD, **changes), GOOD) == []


def test_what_was_nearly_perfect_may_be_good() -> None:
    perfect = changed(GOOD, path_error_m=0.001, turn_p95_deg=0.01, scale_drift=0.0,
                      focal_error=0.0)
    good = changed(GOOD, path_error_m=0.09, turn_p95_deg=0.4, scale_drift=0.09, focal_error=0.04)
    assert broken(good, perfect) == []


@pytest.mark.parametrize('ratio', [0.0, 0.4, 2.5])
def test_path_that_explodes_is_broken_also_as_recorded(ratio: float) -> None:
    exploded = changed(GOOD, path_ratio=ratio)
    assert [criterion.name for criterion in broken(exploded, exploded)] == ['path ratio']


def test_camera_that_stands_must_stand_exactly() -> None:
    assert cell(STANDS, []).startswith('stands')
    moves = changed(STANDS, path_error_m=1e-9)
    worse = broken(moves, STANDS)
    assert [criterion.name for criterion in worse] == ['path error']
    assert '**moves by 1e-09**' in cell(moves, worse)


def test_clip_without_truth_shows_and_breaks_nothing_but_tracking() -> None:
    unknown = GOOD._replace(
        trajectory=TrajectoryScore(*[np.nan] * 7), mask_similarity=np.nan, focal_error=np.nan)
    assert broken(unknown, unknown) == []
    assert cell(unknown, []) == ''
    worse = broken(changed(unknown, tracking_share=0.2), unknown)
    assert [criterion.name for criterion in worse] == ['tracking']
