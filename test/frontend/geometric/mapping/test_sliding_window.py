# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The window forgets and scales without moving what it knows."""

from exact_window import COUNT, exact_window, LENGTH, NOTHING_MOVES, world_points
import numpy as np
import pytest
from simulated_views import FOCAL_PX

from anycam_ros.frontend.geometric.mapping.seeding import seed_tracks, SeedingOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.se3 import Array

SEEDING = SeedingOptions()


@pytest.fixture
def window() -> SlidingWindow:
    return exact_window()


def reprojection_errors_px(window: SlidingWindow) -> Array:
    """Return the error of every observation, in the order of tracks and frames."""
    tracks, errors = window.tracks, []
    for row, point in enumerate(world_points(window)):
        for column in np.flatnonzero(tracks.weight[row] > 0):
            T = window.T_camera_world[tracks.first_frame[row] + column]
            seen = T[:3, :3] @ point + T[:3, 3]
            errors.append(FOCAL_PX * seen[:2] / seen[2] - tracks.points_px[row, column])
    return np.array(errors)


def test_exact_window_has_no_error(window: SlidingWindow) -> None:
    assert window.is_full
    assert len(reprojection_errors_px(window)) > 2 * COUNT
    np.testing.assert_allclose(reprojection_errors_px(window), 0, atol=1e-9)


def test_dropping_the_oldest_keeps_the_points_where_they_are(window: SlidingWindow) -> None:
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


def test_dropped_anchor_leaves_a_trust_of_no_more_than_it_had(window: SlidingWindow) -> None:
    goes_on = window.tracks.weight[:, 1] > 0
    relative = window.tracks.information * window.tracks.inverse_depth ** 2
    window.drop_oldest()
    moved = window.tracks.information * window.tracks.inverse_depth ** 2
    assert (moved < relative[goes_on]).all()
    np.testing.assert_array_equal(window.tracks.prior, window.tracks.inverse_depth)


def test_track_whose_depth_is_wrong_ends_with_its_anchor(window: SlidingWindow) -> None:
    row = int(np.flatnonzero(window.tracks.weight[:, 1] > 0)[0])
    window.tracks.inverse_depth[row] *= 3
    expected = (window.tracks.weight[:, 1] > 0).sum() - 1
    window.drop_oldest()
    assert len(window.tracks) == expected


def test_window_may_be_emptied_and_filled_on(window: SlidingWindow) -> None:
    for _ in range(LENGTH - 1):
        window.drop_oldest()
    assert window.newest == 0
    np.testing.assert_allclose(reprojection_errors_px(window), 0, atol=1e-9)
    seed_tracks(window, NOTHING_MOVES, SEEDING)
    assert (window.tracks.first_frame == 0).all()


@pytest.mark.parametrize('factor', [0.1, 7.0])
def test_another_unit_of_length_leaves_every_pixel(window: SlidingWindow, factor: float) -> None:
    window.tracks.inverse_depth *= 1.01      # so that there are errors to compare
    errors, points = reprojection_errors_px(window), world_points(window)
    relative = window.tracks.information * window.tracks.inverse_depth ** 2
    window.rescale(factor)
    np.testing.assert_allclose(reprojection_errors_px(window), errors, atol=1e-9)
    np.testing.assert_allclose(world_points(window), factor * points)
    np.testing.assert_allclose(window.tracks.information * window.tracks.inverse_depth ** 2,
                               relative)


def test_start_of_a_map_has_depths_as_seen_by_the_newest(window: SlidingWindow) -> None:
    points = world_points(window)[window.tracks.is_active]
    T = window.T_camera_world[-1]
    z = points @ T[2, :3] + T[2, 3]
    np.testing.assert_allclose(window.inverse_depths_in_newest(), 1 / z)


@pytest.mark.parametrize('unit', [1e-3, 1e3])
def test_track_is_trusted_as_much_in_any_unit(window: SlidingWindow, unit: float) -> None:
    window.tracks.information[:] = 1e6
    other = exact_window()
    other.tracks.information[:] = 1e6
    other.rescale(unit)
    window.drop_oldest()
    other.drop_oldest()
    np.testing.assert_allclose(other.tracks.prior_information,
                               window.tracks.prior_information * unit ** 2)
