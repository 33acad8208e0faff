# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two folders of results are compared byte for byte, but for what the machine changes."""

from importlib.util import module_from_spec, spec_from_file_location
import math
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / 'scripts' / 'compare_results.py'
POSE = '{} {} 0 0 {} 0 0 {}\n'


@pytest.fixture(scope='module')
def script() -> ModuleType:
    spec = spec_from_file_location('compare_results', SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def results(folder: Path, end: float = 1.0, turn_rad: float = 0.0) -> Path:
    (folder / 'masks').mkdir(parents=True)
    (folder / 'trajectory.tum').write_text(
        POSE.format(0, 0, 0, 1)
        + POSE.format(1, end, math.sin(turn_rad / 2), math.cos(turn_rad / 2)))
    (folder / 'masks' / '000001.png').write_bytes(b'mask')
    return folder


def test_equal_results_are_the_same(script: ModuleType, tmp_path: Path) -> None:
    old, new = results(tmp_path / 'old'), results(tmp_path / 'new')
    for number, folder in enumerate((old, new)):
        (folder / 'timing.json').write_text(str(number))
        (folder / 'run.log').write_text(str(number))
    assert script.describe_difference(old, new) == ''


def test_what_differs_is_named_with_how_far_the_paths_are_apart(script: ModuleType,
                                                                tmp_path: Path) -> None:
    old, new = results(tmp_path / 'old'), results(tmp_path / 'new', 1.25, 0.5)
    (new / 'masks' / '000001.png').write_bytes(b'another')
    (new / 'camera.yaml').write_text('fx: 1')
    assert script.describe_difference(old, new) == (
        'camera.yaml, masks/000001.png, trajectory.tum; positions up to 0.25 apart, in a path '
        'that extends over 1; path length 1 against 1.25; orientations up to 29 degrees apart')


def test_a_run_without_results_is_no_equal_one(script: ModuleType, tmp_path: Path) -> None:
    for name in ('old', 'new'):
        (tmp_path / name).mkdir()
    assert 'no results' in script.describe_difference(tmp_path / 'old', tmp_path / 'new')


def test_a_mode_is_for_sequences_that_have_its_inputs(script: ModuleType, tmp_path: Path) -> None:
    sequence = tmp_path / 'kitti_x'
    (sequence / 'rgb').mkdir(parents=True)
    assert script.MODES['geometric'].fits(sequence)
    assert script.MODES['height'].fits(sequence)
    assert not script.MODES['depth'].fits(sequence)
    (sequence / 'depth').mkdir()
    assert script.MODES['depth'].fits(sequence)
    assert not script.MODES['height'].fits(sequence.rename(tmp_path / 'davis_x'))
