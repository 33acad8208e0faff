# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The unit of length goes on over restarts, and no map that was wrong for a moment spoils it."""

from exact_window import exact_window
import numpy as np
import pytest

from anycam_ros.frontend.geometric.mapping.map_scale import ScaleMemory, ScaleMemoryOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.se3 import inverse

PERIOD_S = 0.1
SPEED = 0.5


def seen(memory: ScaleMemory, frames: int, speed: float, depth_factor: float = 1.0) -> None:
    """Let the memory see so many frames at a speed, of a scene so many times as deep."""
    window = exact_window()
    window.rescale(depth_factor)
    for _ in range(frames):
        memory.remember(speed * PERIOD_S, PERIOD_S, window)


def baseline(window: SlidingWindow) -> float:
    T = window.T_camera_world
    return float(np.linalg.norm((T[-1] @ inverse(T[0]))[:3, 3]))


@pytest.fixture
def memory() -> ScaleMemory:
    """Return the memory of a second of motion."""
    memory = ScaleMemory(ScaleMemoryOptions())
    seen(memory, 30, SPEED)
    return memory


def test_new_map_goes_on_at_the_speed_of_the_one_before(memory: ScaleMemory) -> None:
    window = exact_window()
    window.rescale(7.0)
    memory.apply(window, 2.0)
    assert baseline(window) == pytest.approx(2.0 * SPEED)


def test_map_that_is_wrong_for_some_frames_hands_nothing_on(memory: ScaleMemory) -> None:
    seen(memory, 10, 100 * SPEED, depth_factor=1000.0)
    window = exact_window()
    memory.apply(window, 2.0)
    assert baseline(window) == pytest.approx(2.0 * SPEED)


@pytest.mark.parametrize(('faster', 'deeper', 'runs_away'), [
    (10.0, 10.0, True),        # the image is the same: it is the unit
    (10.0, 1.0, False),        # the camera accelerates
    (1.0, 10.0, False),        # it turns from a wall to a landscape
    (0.1, 0.1, False)])        # it comes to rest before a wall
def test_unit_that_grows_is_told_from_motion_and_view(
        memory: ScaleMemory, faster: float, deeper: float, runs_away: bool) -> None:
    assert not memory.runs_away
    seen(memory, 10, faster * SPEED, deeper)
    assert memory.runs_away == runs_away
    memory.forget_newest()
    assert not memory.runs_away


def test_step_far_faster_than_ever_is_a_jump(memory: ScaleMemory) -> None:
    assert not memory.is_jump(2 * SPEED * PERIOD_S, PERIOD_S)
    assert memory.is_jump(4 * SPEED * PERIOD_S, PERIOD_S)
    assert not memory.is_jump(4 * SPEED * PERIOD_S, 3 * PERIOD_S)
    assert not ScaleMemory(ScaleMemoryOptions()).is_jump(1e9, PERIOD_S)


def test_another_unit_changes_nothing(memory: ScaleMemory) -> None:
    memory.rescale(1000.0)
    assert not memory.is_jump(2000 * SPEED * PERIOD_S, PERIOD_S)
    assert memory.is_jump(4000 * SPEED * PERIOD_S, PERIOD_S)
    window = exact_window()
    memory.apply(window, 2.0)
    assert baseline(window) == pytest.approx(2000 * SPEED)
