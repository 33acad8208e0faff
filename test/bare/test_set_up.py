# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The steps by which make sets up a machine without ROS."""

from pathlib import Path
import subprocess
import sys

import pytest

BARE = Path(__file__).resolve().parents[2] / 'bare'


def run(*command: 'str | Path') -> 'subprocess.CompletedProcess[str]':
    return subprocess.run(
        tuple(map(str, command)), capture_output=True, text=True, timeout=60, check=False)


def executable(path: Path, text: str) -> Path:
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)
    return path


def test_this_python_will_do() -> None:
    checked = run(sys.executable, BARE / 'check_python.py')
    assert (checked.returncode, checked.stderr) == (0, '')


def test_without_a_usable_python_it_says_what_each_one_lacks(tmp_path: Path) -> None:
    old = executable(tmp_path / 'old_python', 'echo "is version 3.8" >&2; exit 1')
    made = run(BARE / 'create_venv.sh', tmp_path / 'venv', old, 'python_that_is_nowhere')
    assert made.returncode == 1
    assert f'{old} is version 3.8' in made.stderr
    assert 'make PYTHON=' in made.stderr
    assert not (tmp_path / 'venv').exists()


def test_without_any_python_it_says_so(tmp_path: Path) -> None:
    made = run(BARE / 'create_venv.sh', tmp_path / 'venv', 'python_that_is_nowhere')
    assert made.returncode == 1
    assert 'none of python_that_is_nowhere is on the PATH' in made.stderr


def test_the_first_python_that_will_do_makes_the_environment(tmp_path: Path) -> None:
    old = executable(tmp_path / 'old_python', 'exit 1')
    usable = executable(
        tmp_path / 'python', 'case $1 in -m) shift; mkdir "$2";; esac; exit 0')
    made = run(BARE / 'create_venv.sh', tmp_path / 'the venv', old, usable)
    assert (made.returncode, made.stderr) == (0, '')
    assert (tmp_path / 'the venv').is_dir()


def step(tmp_path: Path, command: str) -> 'subprocess.CompletedProcess[str]':
    return run(sys.executable, BARE / 'step.py', tmp_path / 'log', 'Title', 'sh', '-c', command)


def test_a_short_step_is_silent(tmp_path: Path) -> None:
    done = step(tmp_path, 'echo chatter; echo noise >&2')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert (tmp_path / 'log').read_text() == 'chatter\nnoise\n'


def test_a_long_step_says_how_long_it_took(tmp_path: Path) -> None:
    done = step(tmp_path, 'sleep 2.2')
    assert done.stdout.split() == ['Title', '2', 's']


@pytest.mark.parametrize('status', [1, 7])
def test_a_failed_step_shows_the_end_of_its_output(tmp_path: Path, status: int) -> None:
    done = step(tmp_path, f'seq 100; exit {status}')
    assert done.returncode == status
    assert str(tmp_path / 'log') in done.stderr
    assert done.stderr.split()[-1] == '100'
    assert '  10\n' not in done.stderr


def test_no_wheel_points_to_the_machine_that_built_it() -> None:
    exports = list(Path(sys.prefix).glob('share/*/cmake/*rosidl_generator_pyExport.cmake'))
    assert len(exports) > 10
    assert not [path for path in exports if '/opt/python/' in path.read_text('utf-8')]
