# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A workspace in which colcon has built the package."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

BUILD_TIMEOUT_S = 300
RUN_TIMEOUT_S = 120
NOT_THE_SOURCE = ('.*', '__pycache__', '*.egg-info', 'build', 'install', 'log', 'output')


class ColconWorkspace:
    """Build a copy of the source tree with colcon, and run what it installs."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.source = folder / 'src' / 'anycam_ros'
        self.folder = folder
        self.prefix = folder / 'install' / 'anycam_ros'
        shutil.copytree(source, self.source, ignore=shutil.ignore_patterns(*NOT_THE_SOURCE))

    def build(self) -> None:
        """Run colcon build; raises CalledProcessError, whose output says why."""
        venv_python = Path(sys.prefix) / 'bin' / 'python'
        subprocess.run(
            (venv_python, '-m', 'colcon', 'build', '--executor', 'sequential', '--cmake-args',
             '-G', 'Ninja', '-DBUILD_TESTING=OFF', f'-DPython3_EXECUTABLE={venv_python}'),
            cwd=self.folder, env=_ros_environment(), check=True, timeout=BUILD_TIMEOUT_S,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *command: str) -> 'subprocess.CompletedProcess[str]':
        """Run a command in a shell that has sourced the workspace."""
        # The setup.sh of colcon breaks on a space in the path of its Python.
        python = self.folder / 'python'
        if not python.exists():
            python.symlink_to(sys.executable)
        return subprocess.run(
            ('sh', '-c', '. install/setup.sh && exec "$@"', 'sh', *command),
            cwd=self.folder, timeout=RUN_TIMEOUT_S,
            env=_ros_environment() | {'COLCON_PYTHON_EXECUTABLE': str(python)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def _ros_environment() -> dict[str, str]:
    """Return the environment of somebody who has sourced ROS: here, the wheels."""
    venv = Path(sys.prefix)
    inherited = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    return inherited | {
        'AMENT_PREFIX_PATH': str(venv), 'CMAKE_PREFIX_PATH': str(venv),
        'PATH': f'{venv / "bin"}{os.pathsep}{os.environ["PATH"]}'}
