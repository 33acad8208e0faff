# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The window forgets, scales and seeds without moving what it knows."""

import cv2
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, scattered_px, WIDTH

from anycam_ros.frontend.geometric.mapping.local_map import best_corners, CELL_PX, LocalMap
from anycam_ros.geometry.se3 import Array, inverse

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
def local_map() -> LocalMap:
    """Return a full window with exact observations; some tracks end on the way."""
    rng = np.random.default_rng(0)
    centred, depth = 0.8 * scattered_px(rng, COUNT), rng.uniform(0.2, 1.0, COUNT)
    local_map = LocalMap(LENGTH, CAMERA, (HEIGHT, WIDTH), FOCAL_PX)
    local_map.start(picture(0), centred + CENTRE, centred, depth)
    alive = np.arange(COUNT)
    for index in range(1, LENGTH):
        follows = rng.random(len(alive)) < 0.85
        seen = project(centred[alive], depth[alive], pose(index)) + CENTRE
        local_map.add(picture(index), pose(index), seen, np.ones(len(alive)), follows)
        alive = alive[follows]
    return local_map


def world_points(local_map: LocalMap) -> Array:
    tracks = local_map.tracks
    T_world_anchor = inverse(np.stack(local_map.T_camera_world))[tracks.first_frame]
    rays = np.column_stack([tracks.points_px[:, 0] / FOCAL_PX, np.ones(len(tracks))])
    points = rays / tracks.inverse_depth[:, None]
    return np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], points) + T_world_anchor[:, :3, 3]


def reprojection_errors_px(local_map: LocalMap) -> Array:
    """Return the error of every observation, in the order of tracks and frames."""
    tracks, errors = local_map.tracks, []
    for row, point in enumerate(world_points(local_map)):
        for column in np.flatnonzero(tracks.weight[row] > 0):
            T = local_map.T_camera_world[tracks.first_frame[row] + column]
            seen = T[:3, :3] @ point + T[:3, 3]
            errors.append(FOCAL_PX * seen[:2] / seen[2] - tracks.points_px[row, column])
    return np.array(errors)


def test_exact_window_has_no_error(local_map: LocalMap) -> None:
    assert local_map.is_full
    assert len(reprojection_errors_px(local_map)) > 2 * COUNT
    np.testing.assert_allclose(reprojection_errors_px(local_map), 0, atol=1e-9)


def test_dropping_the_oldest_keeps_the_points_where_they_are(local_map: LocalMap) -> None:
    goes_on = local_map.tracks.weight[:, 1] > 0
    before, key_px = world_points(local_map)[goes_on], local_map.tracks.key_px[goes_on]
    T_camera_world = local_map.T_camera_world[1:]
    local_map.drop_oldest()
    assert goes_on.sum() < COUNT
    np.testing.assert_allclose(world_points(local_map), before, atol=1e-9)
    np.testing.assert_array_equal(local_map.tracks.key_px, key_px)
    np.testing.assert_array_equal(local_map.T_camera_world, T_camera_world)
    np.testing.assert_allclose(reprojection_errors_px(local_map), 0, atol=1e-9)
    assert not local_map.is_full
    assert local_map.has_slid


def test_dropped_anchor_leaves_a_trust_of_no_more_than_it_had(local_map: LocalMap) -> None:
    goes_on = local_map.tracks.weight[:, 1] > 0
    relative = local_map.tracks.information * local_map.tracks.inverse_depth ** 2
    local_map.drop_oldest()
    moved = local_map.tracks.information * local_map.tracks.inverse_depth ** 2
    assert (moved < relative[goes_on]).all()
    np.testing.assert_array_equal(local_map.tracks.prior, local_map.tracks.inverse_depth)


def test_track_whose_depth_is_wrong_ends_with_its_anchor(local_map: LocalMap) -> None:
    row = int(np.flatnonzero(local_map.tracks.weight[:, 1] > 0)[0])
    local_map.tracks.inverse_depth[row] *= 3
    expected = (local_map.tracks.weight[:, 1] > 0).sum() - 1
    local_map.drop_oldest()
    assert len(local_map.tracks) == expected


def test_window_may_be_emptied_and_filled_on(local_map: LocalMap) -> None:
    for _ in range(LENGTH - 1):
        local_map.drop_oldest()
    assert local_map.newest == 0
    np.testing.assert_allclose(reprojection_errors_px(local_map), 0, atol=1e-9)
    local_map.seed(NOTHING_MOVES)
    assert (local_map.tracks.first_frame == 0).all()


@pytest.mark.parametrize('factor', [0.1, 7.0])
def test_another_unit_of_length_leaves_every_pixel(local_map: LocalMap, factor: float) -> None:
    local_map.tracks.inverse_depth *= 1.01      # so that there are errors to compare
    errors, points = reprojection_errors_px(local_map), world_points(local_map)
    relative = local_map.tracks.information * local_map.tracks.inverse_depth ** 2
    local_map.rescale(factor)
    np.testing.assert_allclose(reprojection_errors_px(local_map), errors, atol=1e-9)
    np.testing.assert_allclose(world_points(local_map), factor * points)
    np.testing.assert_allclose(local_map.tracks.information * local_map.tracks.inverse_depth ** 2,
                               relative)


def test_seeds_fall_into_empty_cells_only_and_fill_them(local_map: LocalMap) -> None:
    old = len(local_map.tracks)
    last = [WIDTH // CELL_PX - 1, HEIGHT // CELL_PX - 1]
    kept = np.minimum(local_map.tracks.key_px[local_map.tracks.is_active] // CELL_PX, last)
    local_map.seed(NOTHING_MOVES)
    seeds = local_map.tracks.key_px[old:] // CELL_PX
    taken, new = ({tuple(cell) for cell in cells} for cells in (kept, seeds))
    assert not taken & new
    assert len(new) == len(seeds)
    assert len(taken | new) == (WIDTH // CELL_PX) * (HEIGHT // CELL_PX)
    assert (local_map.tracks.first_frame[old:] == local_map.newest).all()
    local_map.seed(NOTHING_MOVES)
    assert len(local_map.tracks) == old + len(seeds)


def test_nothing_is_seeded_on_what_moves(local_map: LocalMap) -> None:
    moving = NOTHING_MOVES.copy()
    moving[100:200, 50:300] = 255
    old = len(local_map.tracks)
    local_map.seed(moving)
    column, row = local_map.tracks.key_px[old:].astype(int).T
    assert len(row) > 100
    assert not moving[row, column].any()


def test_seeds_expect_the_depth_around_them_but_hardly_insist(local_map: LocalMap) -> None:
    local_map.tracks.inverse_depth[:] = 0.5
    old = len(local_map.tracks)
    known = local_map.depths_in_newest()
    local_map.seed(NOTHING_MOVES)
    expected, information = local_map.tracks.prior[old:], local_map.tracks.information[old:]
    assert expected.min() >= known.min()
    assert expected.max() <= known.max()
    assert (1 / np.sqrt(information) > 2 * expected).all()


def test_one_absurd_depth_does_not_reach_the_seeds_around(local_map: LocalMap) -> None:
    """A mean over neighbours would take a point at infinity for all of them."""
    local_map.tracks.inverse_depth[:] = 0.5
    local_map.tracks.inverse_depth[local_map.tracks.active_rows[0]] = 1e-3
    old = len(local_map.tracks)
    local_map.seed(NOTHING_MOVES)
    assert local_map.tracks.prior[old:].min() > 0.4


def test_best_corner_of_a_cell_is_on_the_corner() -> None:
    image = np.full((64, 96), 60, np.uint8)
    image[30:, 40:] = 200
    corner = best_corners(image)[30 // CELL_PX, 40 // CELL_PX]
    np.testing.assert_allclose(corner, [40, 30], atol=2)
    assert best_corners(image).shape == (64 // CELL_PX, 96 // CELL_PX, 2)


def test_start_of_a_map_has_depths_as_seen_by_the_newest(local_map: LocalMap) -> None:
    points = world_points(local_map)[local_map.tracks.is_active]
    T = local_map.T_camera_world[-1]
    z = points @ T[2, :3] + T[2, 3]
    np.testing.assert_allclose(local_map.depths_in_newest(), 1 / z)
