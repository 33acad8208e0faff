# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors are as large as the covariance says, on runs with a known truth.

Lengths in an arbitrary unit are compared after a run's one scale is found; with depth nothing is
aligned. ANYCAM_SOAK=1 (make soak) plays a hundred runs, about 10 minutes, in place of a few.
"""

import os

import numpy as np
import pytest
from simulated_runs import play, simulated_run, SimulatedRun, squared_errors, units_per_metre

from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry import warm_up

pytestmark = [pytest.mark.soak, pytest.mark.slow]

SOAK = os.environ.get('ANYCAM_SOAK') == '1'
RUNS = range(100) if SOAK else range(6, 11)
FRAMES = 40 if SOAK else 24
LOW, HIGH = (0.7, 1.4) if SOAK else (0.5, 2.0)
FEWEST_STEPS = 8
LINEAR, ANGULAR = slice(0, 3), slice(3, 6)


class Tally:
    """Hold the normalised squared errors of runs, with and without a metric scale."""

    def __init__(self) -> None:
        self._found: dict[bool, list[Array]] = {True: [], False: []}

    def add(self, run: SimulatedRun) -> None:
        steps = play(run)
        if len(steps) < FEWEST_STEPS:
            return       # the camera moved too little for a map
        scale = 1.0 if run.is_metric else units_per_metre(steps)
        self._found[run.is_metric].append(np.stack(
            [squared_errors(steps, scale, part) for part in (slice(None), LINEAR, ANGULAR)]))

    def means(self, *, is_metric: bool) -> Array:
        """Return the means (3,) of both, linear and angular errors."""
        return np.concatenate(self._found[is_metric], axis=1).mean(axis=1)

    @property
    def mean(self) -> float:
        runs = [*self._found[True], *self._found[False]]
        return float(np.concatenate(runs, axis=1)[0].mean())

    @property
    def runs(self) -> int:
        return len(self._found[True]) + len(self._found[False])


@pytest.fixture(scope='module')
def tally() -> Tally:
    warm_up()
    tally = Tally()
    for index in RUNS:
        tally.add(simulated_run(index, FRAMES))
    return tally


def test_squared_errors_are_those_expected(tally: Tally) -> None:
    assert tally.runs > 0.7 * len(RUNS)
    assert LOW < tally.mean < HIGH, tally.mean


@pytest.mark.parametrize('is_metric', [True, False])
def test_neither_kind_of_run_makes_up_for_the_other(tally: Tally, is_metric: bool) -> None:
    assert (tally.means(is_metric=is_metric) > 0.3).all()
    assert (tally.means(is_metric=is_metric) < 3.0).all()
