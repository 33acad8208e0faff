# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What of a clip's figures breaks when the clip is varied."""

from collections.abc import Callable
import math
from typing import NamedTuple

from anycam_ros.evaluation.clip_score import ClipScore

WORSE = 1.5
EXPLODED = 2.0     # times too long, or too short beside an explosion or a pose that is frozen


class Criterion(NamedTuple):
    """Hold one figure as an error: 0 is best, NaN where there is no truth."""

    name: str
    error: Callable[[ClipScore], float]
    good: Callable[[ClipScore], float]       # an error below holds, however small it was before
    text: Callable[[ClipScore], str]
    always_shown: bool = True
    bad: float = math.inf                    # an error above is broken, whatever it was before


def broken(score: ClipScore, as_recorded: ClipScore) -> list[Criterion]:
    """Return the criteria by which a clip is bad, or 1.5 times worse than as recorded."""
    return [criterion for criterion in CRITERIA
            if criterion.error(score) > max(
                min(WORSE * criterion.error(as_recorded), criterion.bad), criterion.good(score))]


def cell(score: ClipScore, worse: list[Criterion]) -> str:
    """Return the figures of a clip as Markdown, bold what is broken."""
    return ' '.join(f'**{criterion.text(score)}**' if criterion in worse else criterion.text(score)
                    for criterion in CRITERIA
                    if criterion in worse or (criterion.always_shown
                                              and not math.isnan(criterion.error(score))))


def _fold(ratio: float) -> float:
    """Return how many times too long or too short."""
    return max(ratio, 1 / ratio) if ratio > 0 else ratio if math.isnan(ratio) else math.inf


def _path_text(score: ClipScore) -> str:
    length_m, error_m = score.trajectory.true_path_m, score.trajectory.path_error_m
    if length_m:
        return f'{100 * error_m / length_m:.2g} %'
    return f'moves by {error_m:.2g}' if error_m else 'stands'


def _focal_error(score: ClipScore) -> float:
    """Return the relative error; a deviation that covers it makes no claim that is wrong."""
    return 0.0 if score.focal_is_covered else abs(score.focal_error)


def _below(limit: float) -> Callable[[ClipScore], float]:
    return lambda _: limit


CRITERIA = (
    Criterion('path error', lambda score: score.trajectory.path_error_m,
              lambda score: 0.01 * score.trajectory.true_path_m, _path_text),
    Criterion('path ratio', lambda score: _fold(score.trajectory.path_ratio), _below(1.0),
              lambda score: f'x{score.trajectory.path_ratio:.2f}', bad=EXPLODED),
    Criterion('scale drift', lambda score: score.trajectory.scale_drift, _below(0.1),
              lambda score: f'drift {score.trajectory.scale_drift:.2f}', always_shown=False),
    Criterion('rotation', lambda score: score.trajectory.turn_p95_deg, _below(0.5),
              lambda score: f'{score.trajectory.turn_p95_deg:.1f}°'),
    # A share that halves is an error twice as large.
    Criterion('tracking', lambda score: _fold(score.tracking_share), _below(1.0),
              lambda score: f'tracking {score.tracking_share:.0%}', always_shown=False),
    Criterion('mask', lambda score: _fold(score.mask_similarity), _below(1.0),
              lambda score: f'J {score.mask_similarity:.2f}'),
    Criterion('focal length', _focal_error, _below(0.05),
              lambda score: f'focal {score.focal_error:+.0%}', always_shown=False))
