# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rendered clip obeys the truth that it states: pose, lens, depth, moving pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.simulation.rendered_scene import (
    camera_pose,
    hand_held,
    RenderedFrame,
    RenderedScene,
    standing,
    straight,
    turning,
)

SIZE = (320, 240)   # width, height, px
START, LATER = 30, 36


@pytest.fixture(scope='module')
def scene() -> RenderedScene:
    return RenderedScene(*SIZE, noise=0.0)


def photometric_error(scene: RenderedScene, target: RenderedFrame, source: RenderedFrame) \
        -> NDArray[np.float64]:
    """Return |target - source warped by true depth, pose and lens|; NaN where not comparable."""
    camera = scene.intrinsics
    rows, columns = np.mgrid[:camera.height, :camera.width]
    rays = np.linalg.inv(camera.matrix) @ np.stack(
        (columns.ravel(), rows.ravel(), np.ones(rows.size)))
    T_source_target = np.linalg.inv(source.T_world_camera) @ target.T_world_camera
    points = T_source_target[:3, :3] @ (rays * target.depth_m.ravel()) + T_source_target[:3, 3:]
    x, y, depth = (camera.matrix @ points).reshape(3, camera.height, camera.width)
    u, v = (x / depth).astype(np.float32), (y / depth).astype(np.float32)
    seen_depth = cv2.remap(source.depth_m, u, v, cv2.INTER_LINEAR, borderValue=0)
    warped = cv2.remap(source.image_rgb, u, v, cv2.INTER_LINEAR).astype(float)
    error: NDArray[np.float64] = np.abs(warped - target.image_rgb).mean(axis=2)
    error[np.abs(seen_depth / depth - 1) > 0.02] = np.nan
    return error


def test_static_pixels_follow_pose_depth_and_lens_and_moving_ones_do_not(
        scene: RenderedScene) -> None:
    target, source = scene.frame(START), scene.frame(LATER)
    error = photometric_error(scene, target, source)
    moving = target.moving | source.moving
    static_error = np.nanmean(error[~moving])
    plain_error = np.abs(target.image_rgb.astype(float) - source.image_rgb).mean()
    assert static_error < 5
    assert plain_error > 4 * static_error
    assert np.nanmean(error[target.moving & source.moving]) > 2.5 * static_error


def test_at_least_two_objects_move_apart_from_each_other(scene: RenderedScene) -> None:
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        scene.frame(0).moving.astype(np.uint8))
    large = stats[1:count, cv2.CC_STAT_AREA] > 200
    assert large.sum() >= 2


def test_every_pixel_is_covered_all_the_way(scene: RenderedScene) -> None:
    for index in range(0, len(scene), 45):
        frame = scene.frame(index)
        assert np.isfinite(frame.depth_m).all()
        assert frame.depth_m.min() > 0.8
        assert 0.02 < frame.moving.mean() < 0.3


def test_point_in_front_is_seen_at_its_depth() -> None:
    frame = RenderedScene(*SIZE, path=standing, moving=False).frame(0)
    centre_ray = frame.T_world_camera[:3, :3] @ np.array([0.0, 0.0, 1.0])
    hit = frame.T_world_camera[:3, 3] + frame.depth_m[120, 160] * centre_ray
    assert 4.0 < hit[0] < 5.5   # the front wall, or what stands before it
    assert abs(hit[1]) < 0.1


def test_camera_axes_are_optical() -> None:
    pose = camera_pose(1.0, 2.0, 3.0)
    np.testing.assert_allclose(pose[:3, :3] @ np.eye(3), [[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    np.testing.assert_allclose(pose[:3, 3], [1, 2, 3])


@pytest.mark.parametrize(('path', 'translates', 'rotates'), [
    (hand_held, True, True), (standing, False, False), (turning, False, True),
    (straight, True, False)])
def test_paths_do_what_their_names_say(path: object, translates: bool, rotates: bool) -> None:
    assert callable(path)
    first, second = path(0.0), path(0.7)
    assert (np.linalg.norm(second[:3, 3] - first[:3, 3]) > 0.05) == translates
    assert (np.linalg.norm(second[:3, :3] - first[:3, :3]) > 0.05) == rotates
    np.testing.assert_allclose(second[:3, :3] @ second[:3, :3].T, np.eye(3), atol=1e-12)


def test_same_arguments_give_the_same_bytes() -> None:
    first, second = (RenderedScene(*SIZE).frame(7) for _ in range(2))
    np.testing.assert_array_equal(first.image_rgb, second.image_rgb)
    np.testing.assert_array_equal(first.depth_m, second.depth_m)


def test_noise_has_the_asked_std(scene: RenderedScene) -> None:
    noisy, clean = RenderedScene(*SIZE, noise=3.0).frame(5), scene.frame(5)
    difference = noisy.image_rgb.astype(float) - clean.image_rgb
    assert difference[(clean.image_rgb > 20) & (clean.image_rgb < 235)].std() \
        == pytest.approx(3.0, rel=0.1)


def test_nothing_moves_when_asked_so() -> None:
    assert not RenderedScene(*SIZE, moving=False).frame(0).moving.any()
