# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What breaks when recordings are varied: every clip as it is, mirrored, back in time, ..."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.benchmarks.frontend import sequences_in
from anycam_ros.evaluation.benchmarks.processes import run_jobs
from anycam_ros.evaluation.clip import open_clip
from anycam_ros.evaluation.clip_score import ClipScore, score_clip
from anycam_ros.evaluation.columns import heading, lines
from anycam_ros.evaluation.robustness import broken, cell
from anycam_ros.evaluation.variation import VARIATIONS, varied
from anycam_ros.odometry import OdometryConfig, warm_up
from anycam_ros.offline.run_odometry import Selection

Job = tuple[Path, int, int | None]      # folder, number of the variation, frames

LEGEND = """
Path error in % of the path, path ratio (behind x), rotation error over 30 frames (p95), J of the
masks; what is more than 1.5 times worse than as recorded is bold, and only then scale drift, share
of frames TRACKING and focal length are told. A path error below 1 %, a rotation error below 0.5
degrees, a drift below 0.1 and a focal length within 5 % or two stated deviations hold in any case;
a path that is more than two times too long or too short holds in none.
"""


def benchmark_variations(data: Sequence[Path], frames: int | None, processes: int) \
        -> Iterator[str]:
    """Run every clip in every variation; yield a line for each, then the table as Markdown.

    data are sequence folders or folders of them; only their first frames are taken where a
    number is given. Raises SourceError where there is no sequence folder.
    """
    clips = [sequence for folder in data for sequence in sequences_in(folder)]
    if not clips:
        raise SourceError(f'{", ".join(map(str, data))}: no sequence folder; each must hold rgb/ '
                          'and timestamps.txt.')
    jobs = [(clip, number, frames) for clip, number in product(clips, range(len(VARIATIONS)))]
    warm_up()
    yield heading('')
    rows: list[list[ClipScore]] = []
    for (clip, number, _), score in zip(jobs, run_jobs(_score, jobs, processes), strict=True):
        if number == 0:
            rows.append([])
            yield clip.name
        rows[-1].append(score)
        worse = ', '.join(criterion.name for criterion in broken(score, rows[-1][0]))
        line, _ = lines(f'  {VARIATIONS[number].name}', [score], '')
        yield line + (f'  worse: {worse}' if worse else '')
    yield from _table([clip.name for clip in clips], rows)


def _score(job: Job) -> ClipScore:
    folder, number, frames = job
    config = OdometryConfig()
    clip = open_clip(folder, config, Selection(count=frames))
    return score_clip(varied(clip, VARIATIONS[number]), config)


def _table(names: list[str], rows: list[list[ClipScore]]) -> Iterator[str]:
    """Yield the table for docs/benchmarks.md, and how many of its cells hold."""
    titles = [variation.name for variation in VARIATIONS]
    yield LEGEND
    yield f'| Clip | {" | ".join(titles)} |'
    yield '|---' * (1 + len(titles)) + '|'
    holds = [[not broken(score, row[0]) for score in row] for row in rows]
    for name, row in zip(names, rows, strict=True):
        cells = (cell(score, broken(score, row[0])) for score in row)
        yield f'| {name} | {" | ".join(cells)} |'
    held = [sum(column) for column in zip(*holds, strict=True)]
    yield f'| hold | {" | ".join(f"{count} of {len(rows)}" for count in held)} |'
    yield f'\n{sum(held)} of {len(held) * len(rows)} hold.'
