# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A scale that runs away is noticed within half a second; one that wavers is not."""

import numpy as np
import pytest

from anycam_ros.frontend.geometric.mapping.scale_drift import ScaleDrift, ScaleDriftOptions

OPTIONS = ScaleDriftOptions()
DEPTHS = np.random.default_rng(0).uniform(0.1, 2.0, 100)


def after(changes: list[float], interval_s: float = 0.1) -> ScaleDrift:
    drift = ScaleDrift(OPTIONS)
    for index, change in enumerate(changes):
        drift.observe(interval_s * index, DEPTHS, DEPTHS * np.exp(change))
    return drift


@pytest.mark.parametrize('sign', [-1, 1])
def test_common_change_of_the_depths_adds_up(sign: int) -> None:
    assert not after([0.2 * sign] * 3).runs_away
    assert after([0.2 * sign] * 4).runs_away


def test_changes_that_cancel_or_lie_apart_do_not_count() -> None:
    assert not after([0.5, -0.5] * 10).runs_away
    assert not after([0.5] * 5, interval_s=0.6).runs_away


def test_single_tracks_and_few_tracks_say_nothing() -> None:
    drift = ScaleDrift(OPTIONS)
    moved = DEPTHS.copy()
    moved[:40] *= 100
    drift.observe(0.0, DEPTHS, moved)
    drift.observe(0.1, DEPTHS[:5], 100 * DEPTHS[:5])
    assert not drift.runs_away


def test_new_map_begins_without_a_past() -> None:
    drift = after([1.0])
    drift.forget()
    assert not drift.runs_away
