# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is fixed to the camera is told from a world that stands, before movers that do not."""

import numpy as np
from picture_parts import (
    HEIGHT,
    HOOD,
    hood_pictures,
    Image,
    noisy,
    shifted,
    surface,
    walker_pictures,
    WIDTH,
)
import pytest

from anycam_ros.frontend.geometric.picture_rest import PictureRest, PictureRestOptions

RATE_HZ = 30.0


def look_at(pictures: list[Image], rate_hz: float = RATE_HZ) -> PictureRest:
    """Return what is known after the last picture."""
    rest = PictureRest((HEIGHT, WIDTH), PictureRestOptions())
    for index, picture in enumerate(pictures):
        rest.update(picture, index / rate_hz)
    return rest


def world_path(count: int, step_px: float = 1.0) -> list[tuple[float, float]]:
    """Return a path that swings in the picture, as a hand-held camera makes the world do."""
    return [(step_px * index, 30 * np.sin(step_px * index / 25)) for index in range(count)]


@pytest.mark.parametrize('rate_hz', [10.0, 30.0])
def test_hood_is_found_within_three_seconds(rate_hz: float) -> None:
    count = int(3 * rate_hz)
    rest = look_at(hood_pictures(world_path(count, 45 / rate_hz)), rate_hz)
    assert not rest.is_stationary
    assert rest.left_out[HOOD].mean() > 0.98
    assert rest.left_out[~HOOD].mean() < 0.12
    assert rest.fixed_share == pytest.approx(HOOD.mean(), abs=0.08)


def test_hood_is_left_out_before_it_is_sure() -> None:
    rest = look_at(hood_pictures(world_path(6, 2.0)))
    assert rest.fixed_share == 0
    assert rest.left_out[HOOD].mean() > 0.9


def test_hood_that_moves_is_no_longer_fixed() -> None:
    path = world_path(120)
    swing = [(0.0, 0.0)] * 80 + [(0.5 * index, 0.0) for index in range(40)]
    rest = look_at(hood_pictures(path, swing))
    assert rest.fixed_share < 0.02


def test_nothing_is_fixed_where_the_camera_stands() -> None:
    wall, van = surface(0), surface(1)
    pictures = []
    for index in range(90):
        picture, there = shifted(wall, 0, 0), np.zeros((HEIGHT, WIDTH), np.bool_)
        left = 4 * index - 200
        there[60:, max(left, 0):max(left + 260, 0)] = True
        picture[there] = shifted(van, 4 * index % 400, 0)[there]
        pictures.append(noisy(picture, index))
    for seen in (pictures, walker_pictures(45)):
        rest = look_at(seen)
        assert rest.is_stationary
        assert rest.fixed_share == 0


@pytest.mark.parametrize('rows', [slice(0, 48), slice(None)])
def test_bars_are_found(rows: slice) -> None:
    world, pictures = surface(0), []
    is_bar = np.zeros((HEIGHT, WIDTH), np.bool_)
    if rows.stop:
        is_bar[rows], is_bar[-48:] = True, True
    else:
        is_bar[:, :64], is_bar[:, -64:] = True, True
    for index, (x, y) in enumerate(world_path(90)):
        picture = noisy(shifted(world, x, y), index)
        picture[is_bar] = 16
        pictures.append(picture)
    rest = look_at(pictures)
    assert rest.left_out[is_bar].mean() > 0.98
    assert rest.fixed_share == pytest.approx(is_bar.mean(), abs=0.08)
    assert not look_at([noisy(shifted(world, *step), index) for index, step
                        in enumerate(world_path(90))]).left_out.any()
