# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long the stages of a frame take."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import time

MATCH, MOTION, UNCERTAINTY, REFINE = 'match', 'motion', 'uncertainty', 'refine'
STAGES = (MATCH, MOTION, UNCERTAINTY, REFINE)


class StageTimer:
    """Add up the milliseconds that each stage of one frame takes.

    Stages may be entered several times and in any order, but not within one another.
    """

    def __init__(self) -> None:
        self._ms: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time until the end of the block for a stage."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self._ms[name] += 1e3 * (time.perf_counter() - start_s)

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """Return the milliseconds of each stage so far; 0 for one that was not entered."""
        return {name: self._ms.get(name, 0.0) for name in STAGES}
