# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compiled code follows its sources."""

from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from anycam_ros.geometry import compiled

CALLED = """
from package.geometry.compiled import {decorator}


@{decorator}
def called(x: float) -> float:
    return {factor} * x
"""
CALLER = """
from package.other.called import called
from package.geometry.compiled import compiled


@compiled
def caller(x: float) -> float:
    return called(x) + 1.0


print(caller(10.0), sum(caller.stats.cache_hits.values()))
"""


@pytest.mark.parametrize('decorator', ['compiled', 'inlined'])
def test_an_edit_of_a_called_function_reaches_its_callers(tmp_path: Path,
                                                          decorator: str) -> None:
    """Numba alone looks at the caller's own file, and would go on with the old code."""
    folder = tmp_path / 'package' / 'geometry'
    folder.mkdir(parents=True)
    (tmp_path / 'package' / 'other').mkdir()
    shutil.copy(Path(compiled.__file__), folder / 'compiled.py')
    (folder / 'caller.py').write_text(CALLER)

    def output(factor: float) -> str:
        (tmp_path / 'package' / 'other' / 'called.py').write_text(
            CALLED.format(decorator=decorator, factor=factor))
        return subprocess.run(
            # Python's own cache takes a file for the same that was edited within a second.
            [sys.executable, '-B', '-c', 'import package.geometry.caller'], cwd=tmp_path,
            check=True, capture_output=True, text=True).stdout.strip()

    # Result, and how often it came from the cache.
    assert output(2.0) == '21.0 0'
    assert output(2.0) == '21.0 1'
    assert output(3.0) == '31.0 0'
