# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Build interface packages into the virtual environment that runs this script."""

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import numpy as np

BARE = Path(__file__).resolve().parent
PACKAGES = (BARE / 'tf2_msgs', BARE.parent)
PREFIX = Path(sys.prefix)


def main() -> None:
    """Build the packages in their order; anycam_ros itself stays in the source tree."""
    relocate_exports()
    for package in PACKAGES:
        build(package)
    site_packages = Path(sysconfig.get_path('purelib'))
    # What stays is anycam_ros.msg, which extends the package in the source tree.
    (site_packages / 'anycam_ros' / '__init__.py').unlink()
    for metadata in site_packages.glob('anycam_ros-*.egg-info'):
        shutil.rmtree(metadata)
    (site_packages / 'anycam_ros_bare.pth').write_text(f'{BARE / "python"}\n', 'utf-8')


def relocate_exports() -> None:
    """Replace the include folders of the machine that built the wheels by those of this one."""
    folders = f'{sysconfig.get_path("include")};{np.get_include()}'
    elsewhere = re.compile(r'(?<=INTERFACE_INCLUDE_DIRECTORIES ")/opt/python/[^"]*(?=")')
    for export in PREFIX.glob('share/*/cmake/export_*__rosidl_generator_pyExport.cmake'):
        text = export.read_text('utf-8')
        relocated = elsewhere.sub(lambda _: folders, text)
        if relocated != text:
            export.write_text(relocated, 'utf-8')


def build(package: Path) -> None:
    """Configure, build and install one package with the CMake and Ninja of the environment."""
    programs = PREFIX / 'bin'
    environment = os.environ | {
        'AMENT_PREFIX_PATH': str(PREFIX),
        'CMAKE_PREFIX_PATH': str(PREFIX),
        'PATH': f'{programs}{os.pathsep}{os.environ["PATH"]}',
    }
    with tempfile.TemporaryDirectory(prefix='anycam_ros_build_') as folder:
        subprocess.run(
            (programs / 'cmake', '-G', 'Ninja', '-S', package, '-B', folder,
             f'-DCMAKE_INSTALL_PREFIX={PREFIX}', f'-DPython3_EXECUTABLE={programs / "python"}',
             '-DBUILD_TESTING=OFF', '-DMESSAGES_ONLY=ON'),
            env=environment, check=True)
        subprocess.run(
            (programs / 'cmake', '--build', folder, '--target', 'install'),
            env=environment, check=True)


if __name__ == '__main__':
    main()
