# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Standing is told from creeping, over time and not per frame, through noise and past a crowd."""

import numpy as np
from picture_parts import (
    crowd,
    HEIGHT,
    HOOD,
    Image,
    noisy,
    shifted,
    surface,
    walker_pictures,
    WIDTH,
)
import pytest

from anycam_ros.frontend.common.resting_cells import (
    CELL_PX,
    RestingCells,
    RestingCellsOptions,
)
from anycam_ros.frontend.common.stationarity import StationarityDetector
from anycam_ros.frontend.working_image import half_size


def answers(pictures: list[Image], rate_hz: float = 30.0, *, crossed: bool = False) -> list[bool]:
    cells, detector = RestingCells(RestingCellsOptions()), StationarityDetector()
    left_out = np.zeros((HEIGHT // CELL_PX, WIDTH // CELL_PX), np.bool_)
    found = []
    for index, picture in enumerate(pictures):
        half = half_size(picture)
        cells.update(half, index / rate_hz)
        found.append(detector.update(cells, half, left_out, is_crossed=crossed))
    return found


def along(steps_px: list[float]) -> list[Image]:
    wall = surface(0)
    return [noisy(shifted(wall, x, 0), index) for index, x in enumerate(steps_px)]


def test_noise_is_no_motion() -> None:
    assert all(answers(along([0.0] * 60)))


def test_crowd_that_leaves_a_third_of_the_picture_is_no_motion() -> None:
    assert np.mean([crowd(index) > 0 for index in range(60)]) > 0.5
    assert all(answers(walker_pictures(40), crossed=True))


@pytest.mark.parametrize('speed_px_s', [0.4, 1.0])
def test_creep_is_noticed_after_the_same_time_at_any_rate(speed_px_s: float) -> None:
    first_s = []
    for rate_hz in (15.0, 30.0, 90.0):
        found = answers(along([speed_px_s / rate_hz * index for index in range(int(rate_hz))]),
                        rate_hz)
        first_s.append(found.index(False) / rate_hz)
        assert not any(found[found.index(False):])
    assert max(first_s) < 0.15 / speed_px_s
    assert max(first_s) - min(first_s) < 0.08


def test_motion_is_never_rest_and_a_pause_is_none() -> None:
    assert not any(answers(along([1.0 * index for index in range(30)]))[1:])
    assert not any(answers(along([0.0, 2.0, 4.0, 6.0, 6.0, 6.0, 6.0, 8.0, 10.0]))[1:])


def test_camera_that_halts_stands_soon() -> None:
    found = answers(along([2.0 * min(index, 10) for index in range(30)]))
    assert not any(found[1:11])
    assert all(found[18:])


def test_what_is_fixed_to_the_camera_does_not_make_it_stand() -> None:
    wall, hood = surface(0), surface(1)
    large = HOOD | np.roll(HOOD, -100, axis=0)
    pictures = []
    for index in range(20):
        picture = shifted(wall, 1.5 * index, 0)
        picture[large] = shifted(hood, 0, 0)[large]
        pictures.append(noisy(picture, index))
    assert all(answers(pictures))
    cells, detector = RestingCells(RestingCellsOptions()), StationarityDetector()
    left_out = large[CELL_PX // 2::CELL_PX, CELL_PX // 2::CELL_PX]
    for index, picture in enumerate(pictures):
        cells.update(half_size(picture), index / 30)
        found = detector.update(cells, half_size(picture), left_out)
    assert not found


def test_darkness_that_stays_dark_does_not_stand() -> None:
    """Most of the picture is black and rests, a lamp with it; what else can be seen moves."""
    pictures = along([2.0 * index for index in range(30)])
    lamp = surface(1)[:5 * CELL_PX, :5 * CELL_PX]
    for picture in pictures:
        picture[:, WIDTH // 2:] = 0
        picture[4 * CELL_PX:9 * CELL_PX, -6 * CELL_PX:-CELL_PX] = lamp
    assert not any(answers(pictures)[10:])
