# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Say why this Python cannot carry the virtual environment; say nothing when it can.

Kept to what Python 3.6 understands, so that an old one gets a sentence instead of a traceback.
"""

import importlib.util
from pathlib import Path
import platform
import shutil
import sys
import sysconfig

OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)
OLDEST_GLIBC = (2, 28)
COMPILERS = ('c++', 'g++', 'clang++')


def complaint() -> str:
    """Return what is missing and how to get it; empty when nothing is."""
    version = '.'.join(map(str, sys.version_info[:2]))
    if not OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        return f'is version {version}; 3.{OLDEST_PYTHON[1]} to 3.{NEWEST_PYTHON[1]} will do'
    if sys.platform != 'linux' or platform.machine() != 'x86_64':
        return (f'runs {sys.platform} on {platform.machine()}; ROS 2 wheels exist for Linux on '
                'x86_64. With ROS 2 installed, use colcon build: see README.md')
    glibc = platform.libc_ver()[1]
    if not glibc or tuple(map(int, glibc.split('.')[:2])) < OLDEST_GLIBC:
        return f'has glibc {glibc or "none"}; the ROS 2 wheels need 2.{OLDEST_GLIBC[1]} or newer'
    if not Path(sysconfig.get_path('include'), 'Python.h').exists():
        return f'has no Python.h. On Debian and Ubuntu: sudo apt install python{version}-dev'
    if not (importlib.util.find_spec('ensurepip') or importlib.util.find_spec('virtualenv')):
        return f'has no venv. On Debian and Ubuntu: sudo apt install python{version}-venv'
    if not any(map(shutil.which, COMPILERS)):
        return 'finds no C++ compiler. On Debian and Ubuntu: sudo apt install g++'
    return ''


if __name__ == '__main__':
    sys.exit(complaint() or None)
