# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of variations runs each clip in each of them and ends with a Markdown table."""

from pathlib import Path

import cv2
import pytest

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.benchmarks.variations import benchmark_variations
from anycam_ros.evaluation.variation import VARIATIONS
from anycam_ros.recordings.writers.tum import tum_line
from anycam_ros.simulation.rendered_scene import hand_held, RenderedScene

pytestmark = pytest.mark.slow

COUNT = 24


@pytest.fixture(scope='module')
def sequence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('data') / 'room'
    (folder / 'rgb').mkdir(parents=True)
    (folder / 'mask').mkdir()
    scene = RenderedScene(320, 240, path=hand_held)
    stamps, poses = [], []
    for index in range(COUNT):
        frame, name = scene.frame(index), f'{index:06d}'
        cv2.imwrite(str(folder / f'rgb/{name}.png'), frame.image_rgb[..., ::-1])
        cv2.imwrite(str(folder / f'mask/{name}.png'), 255 * frame.moving.astype('uint8'))
        stamps.append(f'{frame.stamp_s:.9f} rgb/{name}.png\n')
        poses.append(tum_line(round(frame.stamp_s * 1e9), frame.T_world_camera) + '\n')
    (folder / 'timestamps.txt').write_text(''.join(stamps))
    (folder / 'groundtruth.txt').write_text(''.join(poses))
    camera = scene.intrinsics
    (folder / 'camera.yaml').write_text(f'width: 320\nheight: 240\nfx: {camera.fx}\n'
                                        f'fy: {camera.fy}\ncx: {camera.cx}\ncy: {camera.cy}\n')
    return folder


@pytest.mark.parametrize('processes', [1, 2])
def test_table_has_a_row_per_clip_and_a_column_per_variation(sequence: Path,
                                                             processes: int) -> None:
    lines = list(benchmark_variations([sequence.parent], COUNT - 2, processes))
    rows = [line for line in lines if line.startswith('|')]
    title, _, clip, hold = ([cell.strip() for cell in row.strip('|').split('|')] for row in rows)
    assert title == ['Clip', *(variation.name for variation in VARIATIONS)]
    assert clip[0] == 'room'
    assert all('%' in cell and 'J' in cell for cell in clip[1:])
    assert hold[1:] == [f'{int("**" not in cell)} of 1' for cell in clip[1:]]
    held = sum('**' not in cell for cell in clip[1:])
    assert lines[-1].strip() == f'{held} of {len(VARIATIONS)} hold.'
    # A line per run comes before, as soon as it is done.
    assert [line.split('  ')[1] for line in lines[2:2 + len(VARIATIONS)]] \
        == [variation.name for variation in VARIATIONS]


def test_folder_without_sequences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='no sequence folder'):
        next(benchmark_variations([tmp_path], None, 1))
