# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Many runs of a benchmark, so many at the same time."""

from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from typing import TypeVar

import cv2

Job = TypeVar('Job')
Score = TypeVar('Score')


def run_jobs(score: Callable[[Job], Score], jobs: Sequence[Job],
             processes: int) -> Iterator[Score]:
    """Yield the score of each job in their order; score is a function of a module."""
    if processes == 1:
        yield from map(score, jobs)
        return
    with get_context('spawn').Pool(processes, initializer=cv2.setNumThreads, initargs=(1,)) \
            as pool:
        yield from pool.imap(score, jobs)
