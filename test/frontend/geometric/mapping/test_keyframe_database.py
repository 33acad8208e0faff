# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Old key frames are found again from where they were taken, and only from there."""

import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, scattered_px, WIDTH

from anycam_ros.frontend.geometric.mapping.keyframe_database import (
    CAPACITY,
    KeyframeDatabase,
    MINIMUM_POINTS,
    POINTS,
)
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.geometry.se3 import Array

PICTURE = np.zeros((HEIGHT, WIDTH), np.uint8)
CERTAIN = 1e4


@pytest.fixture
def archive() -> KeyframeDatabase:
    return KeyframeDatabase()


def window_at(T_camera_world: Array, count: int = 500,
              certainty: float = CERTAIN) -> LocalMap:
    """Return a window whose oldest key frame has the pose and points around a depth of 2."""
    rng = np.random.default_rng(1)
    local_map = LocalMap(2, CAMERA, PICTURE.shape, FOCAL_PX)
    centred, inverse_depth = scattered_px(rng, count), rng.uniform(0.4, 0.6, count)
    local_map.start(PICTURE, centred, centred, inverse_depth)
    local_map.tracks.information = certainty / inverse_depth ** 2
    local_map.T_camera_world[0] = T_camera_world
    return local_map


def test_view_is_found_from_where_it_was_taken_and_near_it(archive: KeyframeDatabase) -> None:
    pose = motion((0.0, 0.4, 0.0), (1.0, 0.0, 0.5))
    archive.put(window_at(pose))
    for near in (np.eye(4), motion((0, 0, 0), (0.1, 0, 0)), motion((0, 0.05, 0), (0, 0, 0))):
        view = archive.view_from(near @ pose, FOCAL_PX)
        assert view is not None
        np.testing.assert_array_equal(view.T_camera_world, pose)
    for far in (motion((0, 0, 0), (0.4, 0, 0)), motion((0, 0.2, 0), (0, 0, 0)),
                motion((0, np.pi, 0), (0, 0, 0)), motion((0, 0, 0), (0, 0, -3.0))):
        assert archive.view_from(far @ pose, FOCAL_PX) is None


def test_points_of_a_view_are_where_another_camera_sees_them(archive: KeyframeDatabase) -> None:
    pose, other = motion((0, 0.4, 0), (1.0, 0, 0.5)), motion((0.02, 0, 0), (0.1, 0, 0.1))
    archive.put(window_at(pose))
    view = archive.view_from(pose, FOCAL_PX)
    assert view is not None
    points = view.points_in(other @ pose, FOCAL_PX)
    np.testing.assert_allclose(FOCAL_PX * points[:, :2] / points[:, 2:],
                               project(view.points_px, view.inverse_depth, other))
    assert np.isnan(view.points_in(motion((0, 0, 0), (0, 0, -9.0)) @ pose, FOCAL_PX)).all()


def test_camera_that_stays_pushes_no_old_view_out(archive: KeyframeDatabase) -> None:
    elsewhere = motion((0, 0, 0), (5.0, 0, 0))
    archive.put(window_at(elsewhere))
    for step in np.linspace(0, 0.05, CAPACITY + 1):
        archive.put(window_at(motion((0, 0, 0), (step, 0, 0))))
    assert archive.view_from(elsewhere, FOCAL_PX) is not None


def test_oldest_of_several_is_taken(archive: KeyframeDatabase) -> None:
    poses = [motion((0, 0, 0), (x, 0, 0)) for x in (0.0, 0.15)]
    for pose in poses:
        archive.put(window_at(pose))
    view = archive.view_from(motion((0, 0, 0), (0.12, 0, 0)), FOCAL_PX)
    assert view is not None
    np.testing.assert_array_equal(view.T_camera_world, poses[0])


def test_views_are_bounded_and_the_oldest_go(archive: KeyframeDatabase) -> None:
    poses = [motion((0, 0, 0), (float(x), 0, 0)) for x in range(CAPACITY + 3)]
    for pose in poses:
        archive.put(window_at(pose))
    found = [archive.view_from(pose, FOCAL_PX) is not None for pose in poses]
    assert found == [False] * 3 + [True] * CAPACITY
    archive.clear()
    assert archive.view_from(poses[-1], FOCAL_PX) is None


def test_points_whose_depth_is_known_best_are_kept(archive: KeyframeDatabase) -> None:
    local_map = window_at(np.eye(4))
    local_map.tracks.information[::2] *= 4
    archive.put(local_map)
    view = archive.view_from(np.eye(4), FOCAL_PX)
    assert view is not None
    assert len(view.points_px) == POINTS
    assert (view.information * view.inverse_depth ** 2 > 2 * CERTAIN).all()


@pytest.mark.parametrize(('count', 'certainty'), [(MINIMUM_POINTS - 1, CERTAIN), (500, 10.0)])
def test_view_that_knows_too_little_is_not_kept(
        archive: KeyframeDatabase, count: int, certainty: float) -> None:
    archive.put(window_at(np.eye(4), count, certainty))
    assert archive.view_from(np.eye(4), FOCAL_PX) is None
