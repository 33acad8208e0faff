# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Old key frames are found again from where they were taken, and only from there."""

import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, scattered_px, WIDTH

from anycam_ros.frontend.geometric.mapping.keyframe_database import (
    KeyframeDatabase,
    KeyframeDatabaseOptions,
)
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.geometry.se3 import Array

IMAGE = np.zeros((HEIGHT, WIDTH), np.uint8)
OPTIONS = KeyframeDatabaseOptions()
CERTAIN = 1e4


@pytest.fixture
def database() -> KeyframeDatabase:
    return KeyframeDatabase(OPTIONS)


def window_at(T_camera_world: Array, count: int = 500,
              certainty: float = CERTAIN) -> SlidingWindow:
    """Return a window whose oldest key frame has the pose and points around a depth of 2."""
    rng = np.random.default_rng(1)
    window = SlidingWindow(CAMERA, FOCAL_PX, SlidingWindowOptions(length=2))
    points_px, inverse_depth = scattered_px(rng, count), rng.uniform(0.4, 0.6, count)
    window.start(IMAGE, CAMERA.image_px(points_px), inverse_depth)
    window.tracks.information = certainty / inverse_depth ** 2
    window.T_camera_world[0] = T_camera_world
    return window


def test_key_frame_is_found_from_where_it_was_taken_and_near_it(
        database: KeyframeDatabase) -> None:
    pose = motion((0.0, 0.4, 0.0), (1.0, 0.0, 0.5))
    database.add_oldest_of(window_at(pose))
    for near in (np.eye(4), motion((0, 0, 0), (0.1, 0, 0)), motion((0, 0.05, 0), (0, 0, 0))):
        keyframe = database.seen_from(near @ pose, FOCAL_PX)
        assert keyframe is not None
        np.testing.assert_array_equal(keyframe.T_camera_world, pose)
    for far in (motion((0, 0, 0), (0.4, 0, 0)), motion((0, 0.2, 0), (0, 0, 0)),
                motion((0, np.pi, 0), (0, 0, 0)), motion((0, 0, 0), (0, 0, -3.0))):
        assert database.seen_from(far @ pose, FOCAL_PX) is None


def test_points_of_a_key_frame_are_where_another_camera_sees_them(
        database: KeyframeDatabase) -> None:
    pose, other = motion((0, 0.4, 0), (1.0, 0, 0.5)), motion((0.02, 0, 0), (0.1, 0, 0.1))
    database.add_oldest_of(window_at(pose))
    keyframe = database.seen_from(pose, FOCAL_PX)
    assert keyframe is not None
    points = keyframe.points_in(other @ pose, FOCAL_PX)
    np.testing.assert_allclose(FOCAL_PX * points[:, :2] / points[:, 2:],
                               project(keyframe.points_px, keyframe.inverse_depth, other))
    assert np.isnan(keyframe.points_in(motion((0, 0, 0), (0, 0, -9.0)) @ pose, FOCAL_PX)).all()


def test_camera_that_stays_pushes_no_old_key_frame_out(database: KeyframeDatabase) -> None:
    elsewhere = motion((0, 0, 0), (5.0, 0, 0))
    database.add_oldest_of(window_at(elsewhere))
    for step in np.linspace(0, 0.05, OPTIONS.capacity + 1):
        database.add_oldest_of(window_at(motion((0, 0, 0), (step, 0, 0))))
    assert database.seen_from(elsewhere, FOCAL_PX) is not None


def test_oldest_of_several_is_taken(database: KeyframeDatabase) -> None:
    poses = [motion((0, 0, 0), (x, 0, 0)) for x in (0.0, 0.15)]
    for pose in poses:
        database.add_oldest_of(window_at(pose))
    keyframe = database.seen_from(motion((0, 0, 0), (0.12, 0, 0)), FOCAL_PX)
    assert keyframe is not None
    np.testing.assert_array_equal(keyframe.T_camera_world, poses[0])


def test_key_frames_are_bounded_and_the_oldest_go(database: KeyframeDatabase) -> None:
    poses = [motion((0, 0, 0), (float(x), 0, 0)) for x in range(OPTIONS.capacity + 3)]
    for pose in poses:
        database.add_oldest_of(window_at(pose))
    found = [database.seen_from(pose, FOCAL_PX) is not None for pose in poses]
    assert found == [False] * 3 + [True] * OPTIONS.capacity
    database.clear()
    assert database.seen_from(poses[-1], FOCAL_PX) is None


def test_points_whose_depth_is_known_best_are_kept(database: KeyframeDatabase) -> None:
    window = window_at(np.eye(4))
    window.tracks.information[::2] *= 4
    database.add_oldest_of(window)
    keyframe = database.seen_from(np.eye(4), FOCAL_PX)
    assert keyframe is not None
    assert len(keyframe.points_px) == OPTIONS.points
    assert (keyframe.information * keyframe.inverse_depth ** 2 > 2 * CERTAIN).all()


@pytest.mark.parametrize(('count', 'certainty'),
                         [(OPTIONS.minimum_points - 1, CERTAIN), (500, 10.0)])
def test_key_frame_that_knows_too_little_is_not_kept(
        database: KeyframeDatabase, count: int, certainty: float) -> None:
    database.add_oldest_of(window_at(np.eye(4), count, certainty))
    assert database.seen_from(np.eye(4), FOCAL_PX) is None
