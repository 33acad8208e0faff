# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the package says about itself: manifest, licence, dependencies, file headers."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
import re
import sys
from xml.etree import ElementTree as ET

from catkin_pkg.package import Package, parse_package
import pytest
import yaml

import anycam_ros

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ('anycam_ros', 'bare', 'config', 'demo', 'launch', 'msg', 'scripts', 'test')
HEADER = 'Copyright 2026 The anycam_ros authors', 'SPDX-License-Identifier: Apache-2.0'
WITH_HEADER = {'.py', '.sh', '.xml', '.rviz'}

# Python module -> (rosdep key, name on PyPI); ROS packages have the name of their module.
FROM_PYPI = {
    'cv2': ('python3-opencv', 'opencv-python-headless'),
    'matplotlib': ('python3-matplotlib', 'matplotlib'),
    'mcap': ('mcap-ros2-support', 'mcap'),
    'numba': ('python3-numba', 'numba'),
    'numpy': ('python3-numpy', 'numpy'),
    'rosbags': ('python3-rosbags-pip', 'rosbags'),
    'tqdm': ('python3-tqdm', 'tqdm'),
    'yaml': ('python3-yaml', 'PyYAML'),
}
# Run, but not imported: by the launch file, and by the messages.
RUN_ONLY = {'ros2launch', 'rosbag2', 'rosidl_default_runtime'}
# Imported where they are used, with an error that says what to install.
OPTIONAL = {'huggingface_hub', 'onnx', 'onnxruntime', 'ptlflow', 'rerun', 'safetensors', 'torch',
            'torchvision', 'transformers', 'unidepth', 'xformers'}


def sources(*suffixes: str) -> Iterator[Path]:
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob('*')):
        if path.suffix in suffixes and not {'__pycache__', 'output'} & set(path.parts):
            yield path


def imported_modules(*folders: str) -> set[str]:
    """Return the top-level modules that are neither Python's nor our own."""
    modules = set()
    for path in sources('.py'):
        if path.relative_to(ROOT).parts[0] not in folders:
            continue
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split('.')[0])
    return modules - set(sys.stdlib_module_names) - {'anycam_ros'}


@pytest.fixture(scope='module')
def manifest() -> Package:
    warnings: list[str] = []
    package = parse_package(ROOT / 'package.xml', warnings=warnings)
    assert not warnings
    return package


def test_the_version_is_the_same_everywhere(manifest: Package) -> None:
    assert manifest.version == anycam_ros.__version__


def test_the_manifest_is_of_format_3_and_builds_with_ament_cmake(manifest: Package) -> None:
    assert (manifest.name, manifest.package_format) == ('anycam_ros', 3)
    assert manifest.get_build_type() == 'ament_cmake'
    assert [group.name for group in manifest.member_of_groups] == ['rosidl_interface_packages']


def test_the_licence_is_apache(manifest: Package) -> None:
    assert [(licence, licence.file) for licence in manifest.licenses] == [
        ('Apache-2.0', 'LICENSE')]
    assert 'Apache License\n                           Version 2.0' in (
        ROOT / 'LICENSE').read_text('utf-8')


def test_rosdep_gets_every_import_and_nothing_else(manifest: Package) -> None:
    modules = imported_modules('anycam_ros', 'launch', 'scripts') - OPTIONAL
    needed = {FROM_PYPI[module][0] if module in FROM_PYPI else module for module in modules}
    declared = {dependency.name for dependency in manifest.exec_depends}
    assert not (needed | RUN_ONLY) ^ declared, 'package.xml and the imports differ by these'


def test_pip_gets_every_import_that_is_not_of_ros() -> None:
    modules = imported_modules('anycam_ros') & FROM_PYPI.keys()
    lines = (ROOT / 'requirements.txt').read_text('utf-8').splitlines()
    required = {re.split('[>=]', line)[0] for line in lines if not line.startswith('#')}
    assert not required ^ {FROM_PYPI[module][1] for module in modules}, \
        'requirements.txt and the imports differ by these'


def test_only_node_and_launch_import_ros() -> None:
    for path in sources('.py'):
        if path.is_relative_to(ROOT / 'anycam_ros') and 'node' not in path.parts:
            assert 'rclpy' not in path.read_text('utf-8'), path


def test_every_source_file_names_its_licence() -> None:
    missing = [path for path in sources(*WITH_HEADER)
               if not all(line in path.read_text('utf-8')[:400] for line in HEADER)]
    assert not missing


@pytest.mark.parametrize('path', list(sources('.xml')), ids=str)
def test_xml_is_well_formed(path: Path) -> None:
    ET.parse(path)


@pytest.mark.parametrize('path', list(sources('.yaml', '.rviz')), ids=str)
def test_yaml_is_well_formed(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text('utf-8')), dict)


def test_files_and_folders_are_small_enough_to_be_read() -> None:
    package = ROOT / 'anycam_ros'
    lines = {path: len(path.read_text('utf-8').splitlines()) for path in package.rglob('*.py')}
    assert {path: count for path, count in lines.items() if count > 300} == {}
    folders = Counter(path.parent for path in lines if path.name != '__init__.py')
    assert {folder: count for folder, count in folders.items() if count > 15} == {}
