# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What pip installs: the odometry and its command line, without ROS."""

from email.parser import Parser
from pathlib import Path
import shutil
import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel from a copy of what it is made of."""
    folder = tmp_path_factory.mktemp('wheel')
    for name in ('setup.py', 'pyproject.toml', 'package.xml', 'requirements.txt', 'LICENSE'):
        shutil.copy(ROOT / name, folder)
    for name in ('anycam_ros', 'test', 'bare'):
        shutil.copytree(ROOT / name, folder / name,
                        ignore=shutil.ignore_patterns('__pycache__'))
    subprocess.run(
        (sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '--no-build-isolation',
         '--wheel-dir', folder, folder), check=True, timeout=120)
    (path,) = folder.glob('*.whl')
    return zipfile.ZipFile(path)


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = (path for path in wheel.namelist() if path.endswith(f'.dist-info/{name}'))
    return wheel.read(path).decode()


def requirements(wheel: zipfile.ZipFile) -> set[str]:
    parsed = Parser().parsestr(metadata(wheel, 'METADATA'))
    return set(parsed.get_all('Requires-Dist', ()))


def test_it_holds_every_module_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    modules = {path for path in wheel.namelist() if '.dist-info/' not in path}
    assert modules == {
        str(path.relative_to(ROOT)) for kind in ('py', 'onnx', 'safetensors', 'yaml')
        for path in (ROOT / 'anycam_ros').rglob(f'*.{kind}')}


def test_it_brings_the_command_line(wheel: zipfile.ZipFile) -> None:
    assert 'anycam = anycam_ros.cli:main' in metadata(wheel, 'entry_points.txt')


def test_networks_and_their_packages_are_extras(wheel: zipfile.ZipFile) -> None:
    lines = (ROOT / 'requirements.txt').read_text('utf-8').splitlines()
    mandatory = {line for line in lines if not line.startswith('#')}
    assert {line for line in requirements(wheel) if 'extra ==' not in line} == mandatory
    assert 'torch>=2.1; extra == "network"' in requirements(wheel)
