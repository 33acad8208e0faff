# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy and speed of the whole odometry on recorded sequences with ground truth."""

from collections.abc import Iterator
from pathlib import Path

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.clip import open_clip
from anycam_ros.evaluation.clip_score import score_clip
from anycam_ros.evaluation.columns import (
    heading,
    LEGEND,
    lines,
    markdown_heading,
    markdown_line,
)
from anycam_ros.odometry import OdometryConfig, VisualOdometry, warm_up
from anycam_ros.offline.run_odometry import Selection
from anycam_ros.recordings.readers.image_folder import read_camera
from anycam_ros.threads import limit_threads

STARTS = (0, 5, 10)              # one start alone can be lucky


def benchmark_frontend(data: Path, config: OdometryConfig) -> Iterator[str]:
    """Run a sequence folder, or each in a folder, from three starts.

    Yield a table line by line, then what of it docs/benchmarks.md has, as Markdown.
    Sequences without the depth or the calibration that the configuration asks for are left out,
    with a line that says so. Raises SourceError where no sequence is left.
    """
    found = sequences_in(data)
    lacking = {sequence.name: _lacks(sequence, config) for sequence in found}
    sequences = [sequence for sequence in found if not lacking[sequence.name]]
    if not sequences:
        missing = ''.join(f' {name} has no {what}.' for name, what in lacking.items())
        raise SourceError(f'{data} holds no sequence folder that can be used; each must hold '
                          f'rgb/, timestamps.txt, camera.yaml, groundtruth.txt.{missing}')
    yield from (f'{name} is left out: it has no {what}'
                for name, what in lacking.items() if what)
    warm_up(VisualOdometry(config))
    limit_threads(config.threads)
    yield heading()
    documented = [markdown_heading()]
    for sequence in sequences:
        scores = [score_clip(open_clip(sequence, config, Selection(start)), config)
                  for start in STARTS]
        yield from lines(sequence.name, scores)
        documented.append(markdown_line(sequence.name, scores))
    yield LEGEND
    yield from documented


def sequences_in(data: Path) -> list[Path]:
    """Return the sequence folders in a folder, or the folder where it is one."""
    return [data] if (data / 'timestamps.txt').is_file() else \
        sorted(path.parent for path in data.glob('*/timestamps.txt'))


def _lacks(sequence: Path, config: OdometryConfig) -> str:
    """Return what the configuration asks for and the sequence does not have; empty for nothing."""
    if config.depth == 'topic' and not (sequence / 'depth').is_dir():
        return 'depth'
    if config.intrinsics == 'given' and not _is_calibrated(sequence):
        return 'calibration'
    return ''


def _is_calibrated(sequence: Path) -> bool:
    try:
        read_camera(sequence / 'camera.yaml')
    except SourceError:
        return False
    return True
