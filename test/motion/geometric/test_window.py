# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The window forgets, scales and seeds without moving what it knows."""

import cv2
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, scattered_px, WIDTH

from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.motion.geometric.window import best_corners, CELL_PX, KeyFrameWindow

LENGTH, COUNT = 4, 60
NOTHING_MOVES = np.zeros((HEIGHT, WIDTH), np.uint8)
CENTRE = np.array([WIDTH, HEIGHT]) / 2


def picture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH))
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255,
                         cv2.NORM_MINMAX).astype(np.uint8)


def pose(index: int) -> Array:
    return motion((0.0, 0.01 * index, 0.0), (-0.1 * index, 0.02 * index, 0.05 * index))


@pytest.fixture
def window() -> KeyFrameWindow:
    """Return a full window with exact observations; some tracks end on the way."""
    rng = np.random.default_rng(0)
    centred, depth = 0.8 * scattered_px(rng, COUNT), rng.uniform(0.2, 1.0, COUNT)
    window = KeyFrameWindow(LENGTH, CAMERA, (HEIGHT, WIDTH), FOCAL_PX)
    window.start(picture(0), centred + CENTRE, centred, depth)
    alive = np.arange(COUNT)
    for index in range(1, LENGTH):
        follows = rng.random(len(alive)) < 0.85
        seen = project(centred[alive], depth[alive], pose(index)) + CENTRE
        window.add(picture(index), pose(index), seen, np.ones(len(alive)), follows)
        alive = alive[follows]
    return window


def world_points(window: KeyFrameWindow) -> Array:
    tracks = window.tracks
    T_world_anchor = inverse(np.stack(window.T_camera_world))[tracks.first_frame]
    rays = np.column_stack([tracks.points_px[:, 0] / FOCAL_PX, np.ones(len(tracks))])
    points = rays / tracks.inverse_depth[:, None]
    return np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], points) + T_world_anchor[:, :3, 3]


def reprojection_errors_px(window: KeyFrameWindow) -> Array:
    """Return the error of every observation, in the order of tracks and frames."""
    tracks, errors = window.tracks, []
    for row, point in enumerate(world_points(window)):
        for column in np.flatnonzero(tracks.weight[row] > 0):
            T = window.T_camera_world[tracks.first_frame[row] + column]
            seen = T[:3, :3] @ point + T[:3, 3]
            errors.append(FOCAL_PX * seen[:2] / seen[2] - tracks.points_px[row, column])
    return np.array(errors)


def test_exact_window_has_no_error(window: KeyFrameWindow) -> None:
    assert window.is_full
    assert len(reprojection_errors_px(window)) > 2 * COUNT
    np.testing.assert_allclose(reprojection_errors_px(window), 0, atol=1e-9)


def test_dropping_the_oldest_keeps_the_points_where_they_are(window: KeyFrameWindow) -> None:
    goes_on = window.tracks.weight[:, 1] > 0
    before, key_px = world_points(window)[goes_on], window.tracks.key_px[goes_on]
    T_camera_world = window.T_camera_world[1:]
    window.drop_oldest()
    assert goes_on.sum() < COUNT
    np.testing.assert_allclose(world_points(window), before, atol=1e-9)
    np.testing.assert_array_equal(window.tracks.key_px, key_px)
    np.testing.assert_array_equal(window.T_camera_world, T_camera_world)
    np.testing.assert_allclose(reprojection_errors_px(window), 0, atol=1e-9)
    assert not window.is_full
    assert window.has_slid


def test_dropped_anchor_leaves_a_trust_of_no_more_than_it_had(window: KeyFrameWindow) -> None:
    goes_on = window.tracks.weight[:, 1] > 0
    relative = window.tracks.information * window.tracks.inverse_depth ** 2
    window.drop_oldest()
    moved = window.tracks.information * window.tracks.inverse_depth ** 2
    assert (moved < relative[goes_on]).all()
    np.testing.assert_array_equal(window.tracks.prior, window.tracks.inverse_depth)


def test_track_whose_depth_is_wrong_ends_with_its_anchor(window: KeyFrameWindow) -> None:
    row = int(np.flatnonzero(window.tracks.weight[:, 1] > 0)[0])
    window.tracks.inverse_depth[row] *= 3
    expected = (window.tracks.weight[:, 1] > 0).sum() - 1
    window.drop_oldest()
    assert len(window.tracks) == expected


def test_window_may_be_emptied_and_filled_on(window: KeyFrameWindow) -> None:
    for _ in range(LENGTH - 1):
        window.drop_oldest()
    assert window.newest == 0
    np.testing.assert_allclose(reprojection_errors_px(window), 0, atol=1e-9)
    window.seed(NOTHING_MOVES)
    assert (window.tracks.first_frame == 0).all()


@pytest.mark.parametrize('factor', [0.1, 7.0])
def test_another_unit_of_length_leaves_every_pixel(window: KeyFrameWindow, factor: float) -> None:
    window.tracks.inverse_depth *= 1.01      # so that there are errors to compare
    errors, points = reprojection_errors_px(window), world_points(window)
    relative = window.tracks.information * window.tracks.inverse_depth ** 2
    window.rescale(factor)
    np.testing.assert_allclose(reprojection_errors_px(window), errors, atol=1e-9)
    np.testing.assert_allclose(world_points(window), factor * points)
    np.testing.assert_allclose(window.tracks.information * window.tracks.inverse_depth ** 2,
                               relative)


def test_seeds_fall_into_empty_cells_only_and_fill_them(window: KeyFrameWindow) -> None:
    old = len(window.tracks)
    last = [WIDTH // CELL_PX - 1, HEIGHT // CELL_PX - 1]
    kept = np.minimum(window.tracks.key_px[window.tracks.is_active] // CELL_PX, last)
    window.seed(NOTHING_MOVES)
    seeds = window.tracks.key_px[old:] // CELL_PX
    taken, new = ({tuple(cell) for cell in cells} for cells in (kept, seeds))
    assert not taken & new
    assert len(new) == len(seeds)
    assert len(taken | new) == (WIDTH // CELL_PX) * (HEIGHT // CELL_PX)
    assert (window.tracks.first_frame[old:] == window.newest).all()
    window.seed(NOTHING_MOVES)
    assert len(window.tracks) == old + len(seeds)


def test_nothing_is_seeded_on_what_moves(window: KeyFrameWindow) -> None:
    moving = NOTHING_MOVES.copy()
    moving[100:200, 50:300] = 255
    old = len(window.tracks)
    window.seed(moving)
    column, row = window.tracks.key_px[old:].astype(int).T
    assert len(row) > 100
    assert not moving[row, column].any()


def test_seeds_expect_the_depth_around_them_but_hardly_insist(window: KeyFrameWindow) -> None:
    window.tracks.inverse_depth[:] = 0.5
    old = len(window.tracks)
    known = window.depths_in_newest()
    window.seed(NOTHING_MOVES)
    expected, information = window.tracks.prior[old:], window.tracks.information[old:]
    assert expected.min() >= known.min()
    assert expected.max() <= known.max()
    assert (1 / np.sqrt(information) > 2 * expected).all()


def test_one_absurd_depth_does_not_reach_the_seeds_around(window: KeyFrameWindow) -> None:
    """A mean over neighbours would take a point at infinity for all of them."""
    window.tracks.inverse_depth[:] = 0.5
    window.tracks.inverse_depth[window.tracks.active_rows[0]] = 1e-3
    old = len(window.tracks)
    window.seed(NOTHING_MOVES)
    assert window.tracks.prior[old:].min() > 0.4


def test_best_corner_of_a_cell_is_on_the_corner() -> None:
    image = np.full((64, 96), 60, np.uint8)
    image[30:, 40:] = 200
    corner = best_corners(image)[30 // CELL_PX, 40 // CELL_PX]
    np.testing.assert_allclose(corner, [40, 30], atol=2)
    assert best_corners(image).shape == (64 // CELL_PX, 96 // CELL_PX, 2)


def test_start_of_a_map_has_depths_as_seen_by_the_newest(window: KeyFrameWindow) -> None:
    points = world_points(window)[window.tracks.is_active]
    T = window.T_camera_world[-1]
    z = points @ T[2, :3] + T[2, 3]
    np.testing.assert_allclose(window.depths_in_newest(), 1 / z)
