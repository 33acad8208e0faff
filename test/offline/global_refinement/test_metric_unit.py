# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A refined path has the metres that were known on the way, from its first pose on."""

import numpy as np
import pytest

from anycam_ros.geometry.se3 import Array
from anycam_ros.offline.global_refinement.metric_unit import in_metres


def path(steps: Array) -> Array:
    T = np.tile(np.eye(4), (len(steps) + 1, 1, 1))
    T[:, 0, 3] = 3.0 + np.concatenate([[0.0], np.cumsum(steps)])
    return T


def test_a_path_that_began_in_another_unit() -> None:
    on_the_way = path(np.concatenate([np.full(20, 0.1), np.full(40, 0.5)]))
    refined = in_metres(path(np.full(60, 0.4)), on_the_way, first_metric=20)
    assert refined[:, 0, 3] == pytest.approx(path(np.full(60, 0.5))[:, 0, 3])
    assert refined[:, :3, :3] == pytest.approx(np.tile(np.eye(3), (61, 1, 1)))


def test_standing_and_a_wrong_step_change_nothing() -> None:
    steps = np.concatenate([np.full(30, 0.5), np.zeros(25), np.full(5, 0.5)])
    wrong = steps.copy()
    wrong[40] = 8.0
    refined = in_metres(path(0.8 * steps), path(wrong), first_metric=5)
    assert refined[:, 0, 3] == pytest.approx(path(steps)[:, 0, 3])


@pytest.mark.parametrize('steps', [np.zeros(40), np.full(5, 0.3)])
def test_too_little_to_tell(steps: Array) -> None:
    assert in_metres(path(steps), path(2 * steps), first_metric=5) == pytest.approx(path(steps))
