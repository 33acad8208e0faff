# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The columns in which the figures of clips are printed, and what is worse in each."""

from collections.abc import Callable, Sequence
import math
from typing import NamedTuple

import numpy as np

from anycam_ros.evaluation.clip_score import ClipScore


class Column(NamedTuple):
    """Hold how one figure is read from a score, printed and compared."""

    title: str
    width: int
    form: str                                 # format of the number
    value: Callable[[ClipScore], float]
    badness: Callable[[float], float]         # more is worse

    def text(self, value: float) -> str:
        """Return a value as text of the column's width; a dash where there is no truth."""
        if not math.isfinite(value):
            return f'{"-" if math.isnan(value) else "inf":>{self.width}}'
        return f'{format(value, self.form):>{self.width}}'

    def median(self, scores: Sequence[ClipScore]) -> float:
        """Return the median over runs."""
        return float(np.median([self.value(score) for score in scores]))

    def worst(self, scores: Sequence[ClipScore]) -> float:
        """Return the value of the run that is worst in this figure."""
        return max((self.value(score) for score in scores), key=self.badness)


def _high(value: float) -> float:
    return value


def _low(value: float) -> float:
    return -value


def _far_from_one(value: float) -> float:
    return abs(math.log(value)) if value > 0 else math.inf


COLUMNS = (
    Column('ATE m', 10, '.4f', lambda score: score.trajectory.path_error_m, _high),
    Column('SE(3) m', 9, '.4f', lambda score: score.metric_error_m, _high),
    Column('ratio', 7, '.2f', lambda score: score.trajectory.path_ratio, _far_from_one),
    Column('drift', 7, '.2f', lambda score: score.trajectory.scale_drift, _high),
    Column('turn', 7, '.2f', lambda score: score.trajectory.turn_median_deg, _high),
    Column('p95', 7, '.2f', lambda score: score.trajectory.turn_p95_deg, _high),
    Column('tracking', 10, '.1%', lambda score: score.tracking_share, _low),
    Column('after', 7, '.0f', lambda score: score.frames_to_tracking, _high),
    Column('lost', 6, '.0f', lambda score: float(score.lost_frames), _high),
    Column('J', 7, '.3f', lambda score: score.mask_similarity, _low),
    Column('focal', 9, '+.1%', lambda score: score.focal_error, abs),
    Column('std', 8, '.1%', lambda score: score.focal_std, _high),
    Column('path', 11, '.4g', lambda score: score.path_length, _high),
    Column('fps', 6, '.1f', lambda score: score.frames_per_second, _low),
    Column('CPU', 7, '.1f', lambda score: score.cpu_ms, _high))
NAME_WIDTH, RUN_WIDTH = 28, 7
DOCUMENTED = {
    'ATE m': 'Path error, m', 'ratio': 'Path ratio', 'drift': 'Scale drift',
    'p95': 'Rotation error over 30 frames (p95), degrees', 'tracking': 'TRACKING',
    'after': 'Frames before', 'focal': 'Focal length error', 'J': 'Masks, J'}
LEGEND = """
ATE: RMSE after Sim(3) alignment; SE(3): the same without scale, where lengths are metric.
ratio: estimated path length after Sim(3) over the true one; drift: standard deviation of the
logarithm of the local scale, of displacements over 10 frames whose ends have a position.
turn, p95: rotation error over 30 frames in degrees, median and 95 %.
tracking: share of frames TRACKING; after: frames before the first of them; lost: frames LOST.
J: region similarity of the motion masks as DAVIS defines it.
focal: error of the focal length at the end; std: its stated deviation; 2 std: runs in which the
truth is within two of them. path: estimated length in its own unit; fps: frames per second.
CPU: milliseconds of all cores per frame, user and system.
Where the true camera stands, ATE is the RMSE about the mean in the unit of the estimate.
"""


def heading(name: str = 'sequence') -> str:
    """Return the line over the columns."""
    return f'{name:<{NAME_WIDTH}}{"":<{RUN_WIDTH}}' \
        + ''.join(f'{column.title:>{column.width}}' for column in COLUMNS) + '  2 std  source'


def lines(name: str, scores: Sequence[ClipScore], run: str = 'median') -> tuple[str, str]:
    """Return the line of the medians of several runs, and the line of the worst."""
    middle, worst = (''.join(column.text(choose(column, scores)) for column in COLUMNS)
                     for choose in (Column.median, Column.worst))
    sources = ', '.join(sorted({score.focal_source for score in scores}))
    has_truth = not math.isnan(scores[0].focal_error)
    covered = f'{sum(score.focal_is_covered for score in scores)}/{len(scores)}' if has_truth \
        else '-'
    return (f'{name:<{NAME_WIDTH}}{run:<{RUN_WIDTH}}{middle}{covered:>7}  {sources}',
            f'{"":<{NAME_WIDTH}}{"worst":<{RUN_WIDTH}}{worst}')


def markdown_heading() -> str:
    """Return the first two lines of a Markdown table of what is documented."""
    return f'| Sequence | {" | ".join(DOCUMENTED.values())} |\n' + '|---' * (1 + len(DOCUMENTED)) \
        + '|'


def markdown_line(name: str, scores: Sequence[ClipScore]) -> str:
    """Return a line of that table: medians, and the worst in parentheses where it differs."""
    cells = []
    for title in DOCUMENTED:
        column, = (column for column in COLUMNS if column.title == title)
        middle, worst = (column.text(choose(column, scores)).strip()
                         for choose in (Column.median, Column.worst))
        cells.append(middle if worst == middle else f'{middle} ({worst})')
    return f'| {name} | {" | ".join(cells)} |'.replace(' - ', '  ')
