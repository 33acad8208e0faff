# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What colcon build installs, and whether it runs."""

import os
from pathlib import Path
import subprocess

from colcon_workspace import ColconWorkspace
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def workspace(tmp_path_factory: pytest.TempPathFactory) -> ColconWorkspace:
    """Build the package in a workspace of its own."""
    workspace = ColconWorkspace(ROOT, tmp_path_factory.mktemp('colcon_workspace'))
    try:
        workspace.build()
    except subprocess.CalledProcessError as error:
        pytest.fail(error.output)
    return workspace


def python_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob('*.py')}


def test_every_module_is_installed_over_the_generated_package(workspace: ColconWorkspace) -> None:
    (package,) = workspace.prefix.glob('lib/python3*/site-packages/anycam_ros')
    installed = python_files(package)
    assert python_files(ROOT / 'anycam_ros') <= installed
    assert (package / '__init__.py').read_bytes() \
        == (ROOT / 'anycam_ros' / '__init__.py').read_bytes()
    assert 'msg/_status.py' in installed


@pytest.mark.parametrize('folder', ['launch', 'config'])
def test_launch_and_configuration_are_shared(workspace: ColconWorkspace, folder: str) -> None:
    shared = workspace.prefix / 'share' / 'anycam_ros' / folder
    assert {path.name for path in shared.iterdir()} \
        == {path.name for path in (ROOT / folder).iterdir() if path.name != '__pycache__'}


def test_nothing_of_bare_is_installed(workspace: ColconWorkspace) -> None:
    stand_ins = {path.name for path in (ROOT / 'bare' / 'python').iterdir()} | {'bare', 'tf2_msgs'}
    installed = {path.name for path in (workspace.folder / 'install').rglob('*')}
    assert 'tf2_ros' in stand_ins
    assert not stand_ins & installed
    built = {path.name for path in (workspace.folder / 'build').iterdir() if path.is_dir()}
    assert built == {'anycam_ros'}


def test_the_messages_come_from_the_workspace(workspace: ColconWorkspace) -> None:
    done = workspace.run(
        'python', '-c', 'import anycam_ros.msg as msg; msg.Status(); print(msg.__file__)')
    assert str(workspace.prefix) in done.stdout
    assert done.returncode == 0


def test_the_executables_are_where_ros2_run_looks(workspace: ColconWorkspace) -> None:
    executables = workspace.prefix / 'lib' / 'anycam_ros'
    assert {path.name for path in executables.iterdir()} == {'anycam', 'anycam_node'}
    assert all(os.access(path, os.X_OK) for path in executables.iterdir())


def test_the_installed_node_runs(workspace: ColconWorkspace) -> None:
    node = str(workspace.prefix / 'lib' / 'anycam_ros' / 'anycam_node')
    done = workspace.run(node, '--ros-args', '-p', 'image_transport:=pigeon')
    # It gets as far as its parameters, and from there no further.
    assert "image_transport is 'pigeon'" in done.stdout
    assert done.returncode == 2


def test_the_installed_command_line_runs(workspace: ColconWorkspace) -> None:
    done = workspace.run(str(workspace.prefix / 'lib' / 'anycam_ros' / 'anycam'), '--help')
    assert 'odometry' in done.stdout
    assert done.returncode == 0
