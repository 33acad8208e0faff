# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of the odometry takes the sequences that have what the configuration asks for."""

from pathlib import Path

import pytest
from recordings import write_sequence

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.benchmarks.frontend import benchmark_frontend
from anycam_ros.odometry import OdometryConfig

pytestmark = pytest.mark.slow

CAMERA = 'width: 96\nheight: 64\nfx: 80\nfy: 80\ncx: 48\ncy: 32\n'
GIVEN = OdometryConfig(intrinsics='given')


def test_sequences_without_calibration_are_left_out_and_named(tmp_path: Path) -> None:
    write_sequence(tmp_path / 'calibrated', 13, CAMERA)
    write_sequence(tmp_path / 'not_known', 13, CAMERA.replace('80', 'null'))
    lines = list(benchmark_frontend(tmp_path, GIVEN))
    assert lines[0] == 'not_known is left out: it has no calibration'
    assert [line.split()[0] for line in lines[1:4]] == ['sequence', 'calibrated', 'worst']


def test_one_sequence_can_be_asked_for(tmp_path: Path) -> None:
    sequence = write_sequence(tmp_path / 'alone', 13, CAMERA)
    heading, median, worst, legend, *markdown = benchmark_frontend(sequence, OdometryConfig())
    columns = heading.partition('2 std')[0].replace('ATE m', 'ATE').replace('SE(3) m', 'SE(3)')
    assert len(median.split()) == len(columns.split()) + 3     # median, 2 std, source
    assert len(worst.split()) == len(columns.split())
    assert median.split()[0] == 'alone'
    title, row = markdown[0].splitlines()[0], markdown[1]
    assert title.count('|') == row.count('|')
    assert row.startswith('| alone |')
    assert all(word.strip(',:') in legend for word in columns.split()[1:-1])


def test_no_sequence_that_fits_is_told_with_what_is_missing(tmp_path: Path) -> None:
    write_sequence(tmp_path / 'sequence', 2)
    with pytest.raises(SourceError, match='sequence has no calibration'):
        next(benchmark_frontend(tmp_path, GIVEN))
    with pytest.raises(SourceError, match='sequence has no depth'):
        next(benchmark_frontend(tmp_path, OdometryConfig(depth='topic')))
