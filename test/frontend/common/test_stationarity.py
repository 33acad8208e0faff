# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Standing is told from creeping, through noise and past walkers."""

import numpy as np

from anycam_ros.frontend.common.stationarity import StationarityDetector
from anycam_ros.geometry.se3 import Array

COUNT, FRAMES = 300, 60
ALL = np.ones(COUNT, np.bool_)


def places(seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(0, 400, (COUNT, 2))


def answers(positions: list[Array]) -> list[bool]:
    detector = StationarityDetector()
    return [detector.update(position, ALL) for position in positions]


def test_noise_is_no_motion() -> None:
    rng, rest = np.random.default_rng(1), places()
    found = answers([rest + 0.05 * rng.normal(size=rest.shape) for _ in range(FRAMES)])
    assert not found[0]
    assert all(found[8:])


def test_walkers_before_a_stationary_camera_are_no_motion() -> None:
    rest = places()
    positions = []
    for frame in range(FRAMES):
        now = rest.copy()
        now[:COUNT // 3] += [1.5 * frame, 0]
        positions.append(now)
    assert all(answers(positions)[8:])


def test_creep_is_noticed_although_no_frame_differs_from_the_one_before() -> None:
    rest = places()
    found = answers([rest + 0.02 * frame for frame in range(FRAMES)])
    assert 0 < sum(found) < 0.9 * FRAMES
    # Each time it is held to stand, it is let go again before a pixel is missed.
    runs = ''.join('s' if still else ' ' for still in found).split()
    assert max(map(len, runs)) * 0.028 < 0.5


def test_motion_is_never_rest() -> None:
    rest = places()
    assert not any(answers([rest + 1.0 * frame for frame in range(FRAMES)]))


def test_short_pause_is_no_rest() -> None:
    rest = places()
    assert not any(answers([rest, rest]))


def test_forgetting_and_nothing_valid() -> None:
    detector, rest = StationarityDetector(), places()
    for _ in range(10):
        still = detector.update(rest, ALL)
    assert still
    detector.forget()
    assert not detector.update(rest[:50], ALL[:50])     # as many points as there are now
    assert not detector.update(rest[:50], ~ALL[:50])
