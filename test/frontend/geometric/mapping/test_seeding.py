# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""New tracks start where there are none, on corners of what is static."""

from exact_window import exact_window, NOTHING_MOVES
import numpy as np
import pytest
from simulated_views import HEIGHT, WIDTH

from anycam_ros.frontend.geometric.mapping.seeding import (
    best_corners,
    seed_tracks,
    SeedingOptions,
)
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow

SEEDING = SeedingOptions()
CELL_PX = SEEDING.cell_px


@pytest.fixture
def window() -> SlidingWindow:
    return exact_window()


def test_seeds_fall_into_empty_cells_only_and_fill_them(window: SlidingWindow) -> None:
    old = len(window.tracks)
    last = [WIDTH // CELL_PX - 1, HEIGHT // CELL_PX - 1]
    kept = np.minimum(window.tracks.key_px[window.tracks.is_active] // CELL_PX, last)
    seed_tracks(window, NOTHING_MOVES, SEEDING)
    seeds = window.tracks.key_px[old:] // CELL_PX
    taken, new = ({tuple(cell) for cell in cells} for cells in (kept, seeds))
    assert not taken & new
    assert len(new) == len(seeds)
    assert len(taken | new) == (WIDTH // CELL_PX) * (HEIGHT // CELL_PX)
    assert (window.tracks.first_frame[old:] == window.newest).all()
    seed_tracks(window, NOTHING_MOVES, SEEDING)
    assert len(window.tracks) == old + len(seeds)


def test_nothing_is_seeded_on_what_moves(window: SlidingWindow) -> None:
    moving = NOTHING_MOVES.copy()
    moving[100:200, 50:300] = 255
    old = len(window.tracks)
    seed_tracks(window, moving, SEEDING)
    column, row = window.tracks.key_px[old:].astype(int).T
    assert len(row) > 100
    assert not moving[row, column].any()


def test_seeds_expect_the_depth_around_them_within_a_factor_of_two(window: SlidingWindow) -> None:
    window.tracks.inverse_depth[:] = 0.5
    old = len(window.tracks)
    known = window.inverse_depths_in_newest()
    seed_tracks(window, NOTHING_MOVES, SEEDING)
    expected, information = window.tracks.prior[old:], window.tracks.information[old:]
    assert expected.min() >= known.min()
    assert expected.max() <= known.max()
    std_over_expected = 1 / np.sqrt(information) / expected
    assert std_over_expected.min() > 0.9
    assert std_over_expected.max() < 2


def test_one_absurd_depth_does_not_reach_the_seeds_around(window: SlidingWindow) -> None:
    """A mean over neighbours would take a point at infinity for all of them."""
    window.tracks.inverse_depth[:] = 0.5
    window.tracks.inverse_depth[window.tracks.active_rows[0]] = 1e-3
    old = len(window.tracks)
    seed_tracks(window, NOTHING_MOVES, SEEDING)
    assert window.tracks.prior[old:].min() > 0.4


def test_best_corner_of_a_cell_is_on_the_corner() -> None:
    image = np.full((64, 96), 60, np.uint8)
    image[30:, 40:] = 200
    corner = best_corners(image, SEEDING)[30 // CELL_PX, 40 // CELL_PX]
    np.testing.assert_allclose(corner, [40, 30], atol=2)
    assert best_corners(image, SEEDING).shape == (64 // CELL_PX, 96 // CELL_PX, 2)
