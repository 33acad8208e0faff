# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What tells what moves, geometry and network side by side: masks, motion and time."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.benchmarks.frontend import sequences_in, STARTS
from anycam_ros.evaluation.benchmarks.processes import run_jobs
from anycam_ros.evaluation.clip import open_clip
from anycam_ros.evaluation.clip_score import ClipScore, score_clip
from anycam_ros.evaluation.procedural import KEPT_BACK, moving_share, procedural_clip
from anycam_ros.odometry import OdometryConfig, warm_up
from anycam_ros.offline.run_odometry import Selection

MODELS = ('epipolar', 'network')
GROUPS = ((0.02, 0.2), (0.2, 0.4), (0.4, 0.7))      # of the picture that moves
LEGEND = """
Medians of starts 0, 5 and 10; procedural clips: medians over a group. masked: share of the picture
that is marked as moving. path: path error in % of the path; direction: of displacements over 10
frames; turn: rotation error over 30 frames (p95); CPU: milliseconds per frame, all threads.
"""


class Figures(NamedTuple):
    """Hold what is compared."""

    similarity: float
    masked: float
    path_percent: float
    direction_deg: float
    turn_deg: float
    focal_error: float
    cpu_ms: float


class Job(NamedTuple):
    """Hold a run: of a sequence folder from a start, or of a procedural clip by its seed."""

    folder: Path | None
    start: int
    model: str


def benchmark_uncertainty(data: Path, procedural: int, processes: int) -> Iterator[str]:
    """Run each sequence in a folder, and so many procedural clips, by both models.

    Yield lines of Markdown. Raises SourceError where there is nothing to run.
    """
    folders = sequences_in(data)
    if not folders and not procedural:
        raise SourceError(f'{data} holds no sequence folder; each must hold rgb/ and '
                          'timestamps.txt. Name another folder, or give --procedural.')
    warm_up()
    yield '| clip | ' + ' | '.join(
        f'{title} {model}' for title in ('J', 'masked %', 'path %', 'direction', 'turn',
                                         'focal %', 'CPU') for model in MODELS) + ' |'
    yield '|---' * (1 + 7 * len(MODELS)) + '|'
    davis: list[list[Figures]] = []
    for folder in folders:
        jobs = [Job(folder, start, model) for model in MODELS for start in STARTS]
        found = list(run_jobs(_score, jobs, processes))
        both = [median(found[:len(STARTS)]), median(found[len(STARTS):])]
        yield line(folder.name, both)
        if folder.name.startswith('davis16'):
            davis.append(both)
    if davis:
        yield line('DAVIS 2016, mean', [Figures(*np.mean([both[k] for both in davis], axis=0))
                                        for k in range(len(MODELS))])
    yield from _procedural(procedural, processes)
    yield LEGEND


def _procedural(clips: int, processes: int) -> Iterator[str]:
    """Yield a line for each group of kept-back clips by how much moves."""
    if not clips:
        return
    wanted = clips // len(GROUPS)
    seeds: list[list[int]] = [[] for _ in GROUPS]
    for seed in count(KEPT_BACK):
        share = moving_share(seed)
        for group, (low, high) in zip(seeds, GROUPS, strict=True):
            if low <= share < high and len(group) < wanted:
                group.append(seed)
        if all(len(group) == wanted for group in seeds):
            break
    for group, (low, high) in zip(seeds, GROUPS, strict=True):
        jobs = [Job(None, seed, model) for model in MODELS for seed in group]
        found = list(run_jobs(_score, jobs, processes))
        yield line(f'procedural, {100 * low:.0f}-{100 * high:.0f} % moving, {len(group)} clips',
                   [median(found[:len(group)]), median(found[len(group):])])


def _score(job: Job) -> Figures:
    config = OdometryConfig(uncertainty=job.model)
    clip = procedural_clip(job.start) if job.folder is None \
        else open_clip(job.folder, config, Selection(job.start))
    return _figures(score_clip(clip, config))


def _figures(score: ClipScore) -> Figures:
    trajectory = score.trajectory
    path_m = trajectory.true_path_m
    return Figures(score.mask_similarity, 100 * score.masked_share,
                   100 * trajectory.path_error_m / path_m if path_m else np.nan,
                   trajectory.direction_deg, trajectory.turn_p95_deg, 100 * abs(score.focal_error),
                   score.cpu_ms)


def median(figures: Sequence[Figures]) -> Figures:
    """Return the median of each figure; NaN where no run has it."""
    columns = np.array(figures, np.float64)
    known = ~np.isnan(columns)
    return Figures(*(float(np.median(column[there])) if there.any() else np.nan
                     for column, there in zip(columns.T, known.T, strict=True)))


def line(name: str, both: Sequence[Figures]) -> str:
    """Return a line of the table."""
    cells = [f'{value:.3g}' if np.isfinite(value) else '' for values in zip(*both, strict=True)
             for value in values]
    return f'| {name} | ' + ' | '.join(cells) + ' |'
