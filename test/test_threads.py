# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot with three cores or more keeps one for itself."""

from collections.abc import Iterator
import subprocess
import sys

import cv2
import pytest

from anycam_ros.threads import default_threads, limit_threads


@pytest.fixture(autouse=True)
def opencv_as_it_was() -> Iterator[None]:
    """Undo what the test tells OpenCV."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(('cores', 'threads'), [(1, 1), (2, 2), (3, 2), (16, 15)])
def test_default_leaves_a_core_where_there_are_enough(cores: int, threads: int) -> None:
    assert default_threads(cores) == threads


def test_opencv_is_told() -> None:
    assert limit_threads(1) == 1
    assert cv2.getNumThreads() == 1


def test_torch_is_told_where_it_is_loaded() -> None:
    torch = pytest.importorskip('torch')
    before = torch.get_num_threads()
    limit_threads(1)
    assert torch.get_num_threads() == 1
    torch.set_num_threads(before)


def test_cores_that_the_process_may_not_use_do_not_count() -> None:
    script = ('import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); '
              'from anycam_ros.threads import limit_threads; print(limit_threads(0))')
    found = subprocess.run([sys.executable, '-c', script], capture_output=True, check=True)
    assert found.stdout.strip() == b'1'
