# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One owner of all that is in the unit of the map: it changes as one."""

import math

from exact_window import exact_window, world_points
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, motion

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.frontend.geometric.estimation.pose_covariance import CovarianceOptions
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap, LocalMapOptions
from anycam_ros.geometry.se3 import inverse, rescaled

T_HERE = motion((0.0, 0.2, 0.0), (1.0, 0.0, 0.5))
T_FIRST = np.eye(4)
NOISE = DepthNoise(0.003, 0.01)


def empty_map() -> LocalMap:
    return LocalMap(CAMERA, FOCAL_PX, NOISE, LocalMapOptions(), CovarianceOptions())


@pytest.fixture
def local_map() -> LocalMap:
    """Return a map that has lost its oldest key frame already."""
    local_map = empty_map()
    local_map.start(exact_window(), T_HERE, [1.0, None, 2.0, 3.0], is_metric=False)
    local_map.window.tracks.information[:] = 1e6
    local_map.keyframe_database.add_oldest_of(local_map.window)
    local_map.drop_oldest()
    local_map.remember_motion(0.1, 0.1)
    return local_map


def test_empty_map_has_no_points_no_path_and_no_unit() -> None:
    local_map = empty_map()
    assert len(local_map.points_from(np.eye(4))) == 0
    assert local_map.trajectory_from(np.eye(4)) == []
    assert local_map.unit == ('none', math.inf)
    assert local_map.scene_inverse_depth == 1.0


@pytest.mark.parametrize('factor', [0.2, 5.0])
def test_another_unit_of_length_reaches_all_that_has_one(local_map: LocalMap,
                                                         factor: float) -> None:
    T_now = local_map.window.T_camera_world[-1].copy()
    points, path = world_points(local_map.window), local_map.trajectory_from(T_now)
    depth, scale = local_map.scene_inverse_depth, local_map.scale
    scale.settle(math.log(factor))
    assert local_map.keyframe_database.seen_from(T_FIRST, FOCAL_PX) is not None
    local_map.rescale(factor)
    np.testing.assert_allclose(world_points(local_map.window), factor * points)
    now = local_map.trajectory_from(rescaled(T_now, factor))
    assert [past.stamp_s for past in now] == [past.stamp_s for past in path]
    assert len(path) == 3
    for before, after in zip(path, now, strict=True):
        np.testing.assert_allclose(after.T_camera_past, rescaled(before.T_camera_past, factor),
                                   atol=1e-12)
    assert local_map.scene_inverse_depth == pytest.approx(depth / factor)
    assert scale.metres_per_unit == pytest.approx(1.0)
    assert local_map.keyframe_database.seen_from(T_FIRST, FOCAL_PX) is None


def test_map_that_is_given_up_leaves_its_path(local_map: LocalMap) -> None:
    T_now = local_map.window.T_camera_world[-1].copy()
    path = local_map.trajectory_from(T_now)
    local_map.give_up()
    assert len(local_map.window) == 0
    for before, after in zip(path, local_map.trajectory_from(T_now), strict=True):
        np.testing.assert_allclose(after.T_camera_past, before.T_camera_past, atol=1e-12)


@pytest.mark.parametrize('times', [1, 3])
def test_map_is_given_up_once_however_often_it_is_said(local_map: LocalMap, times: int) -> None:
    """The unit grew tenfold twice; what the newest ten frames showed is forgotten."""
    for speed in (1.0, 10.0, 100.0):
        for _ in range(10):
            local_map.remember_motion(0.1 * speed, 0.1)
        local_map.window.rescale(10.0)
    assert local_map.runs_away
    T_now = local_map.window.T_camera_world[-1].copy()
    for _ in range(times):
        local_map.give_up()
    window = exact_window()
    local_map.start(window, T_now, [4.0, None, None, 5.0], is_metric=False)
    T = window.T_camera_world
    assert np.linalg.norm((T[-1] @ inverse(T[0]))[:3, 3]) == pytest.approx(5.5)


def test_path_goes_on_in_the_world_of_the_next_map(local_map: LocalMap) -> None:
    T_now = local_map.window.T_camera_world[-1].copy()
    path = local_map.trajectory_from(T_now)
    local_map.give_up()
    window = exact_window()
    local_map.start(window, T_now, [3.5, None, None, 4.0], is_metric=True)
    again = local_map.trajectory_from(window.T_camera_world[-1])
    for before, after in zip(path, again, strict=False):
        np.testing.assert_allclose(after.T_camera_past, before.T_camera_past, atol=1e-12)
    assert [past.stamp_s for past in again[len(path):]] == [3.5, 4.0]


def test_next_map_is_as_deep_or_as_fast_as_the_one_before(local_map: LocalMap) -> None:
    """The speed was 1 per second, and the new window takes half a second."""
    window = exact_window()
    T_now = local_map.window.T_camera_world[-1]
    local_map.start(window, T_now, [4.0, None, None, 4.5], is_metric=False)
    T = window.T_camera_world
    assert np.linalg.norm((T[-1] @ inverse(T[0]))[:3, 3]) == pytest.approx(0.5)


def test_doubt_of_metres_grows_only_while_no_depth_holds_them(local_map: LocalMap) -> None:
    local_map.scale.settle(0.0)
    local_map.pass_time(4.0)
    assert local_map.unit.source == 'propagated'
    assert local_map.unit.std == pytest.approx(math.hypot(0.01, 0.03 * 2.0))
    local_map.window = exact_window()
    tracks = local_map.window.tracks
    tracks.measure(np.arange(len(tracks)), tracks.inverse_depth.copy(), np.full(len(tracks), 1e6))
    local_map.pass_time(4.0)
    assert local_map.unit == ('depth', pytest.approx(0.01))


def test_questions_change_nothing(local_map: LocalMap) -> None:
    local_map.scale.settle(0.0)
    local_map.pass_time(1.0)
    answers = [(local_map.unit, local_map.scene_inverse_depth,
                local_map.covariance_of(T_HERE).tobytes(),
                local_map.points_from(T_HERE).tobytes()) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
