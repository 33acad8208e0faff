# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an old key frame of a textured wall says of where the camera is."""

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, WIDTH

from anycam_ros.frontend.geometric.mapping.keyframe_database import Keyframe
from anycam_ros.frontend.geometric.mapping.seeding import best_corners, SeedingOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.frontend.geometric.tracking.loop_closure import (
    correct_loop,
    find_loop_closure,
    LoopClosure,
    LoopClosureOptions,
)
from anycam_ros.geometry.se3 import Array, inverse, so3_log

OPTIONS, SEEDING = LoopClosureOptions(), SeedingOptions()
SHARE = OPTIONS.share
CENTRE = np.array([WIDTH, HEIGHT]) / 2
INVERSE_DEPTH = 0.5
T_TRUE = motion((0.02, -0.03, 0.05), (0.08, -0.05, 0.1))
DRIFT = motion((0.01, -0.008, 0.01), (0.02, 0.01, -0.02))
CAMERA_MATRIX = np.array([[FOCAL_PX, 0, CENTRE[0]], [0, FOCAL_PX, CENTRE[1]], [0, 0, 1]])


def wall(seed: int, T_camera_wall: Array) -> NDArray[np.uint8]:
    """Return the image of a wall that faces the first camera."""
    noise = np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH))
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255,
                            cv2.NORM_MINMAX).astype(np.uint8)
    plane = T_camera_wall[:3, :3].copy()
    plane[:, 2] += T_camera_wall[:3, 3] * INVERSE_DEPTH
    homography = CAMERA_MATRIX @ plane @ np.linalg.inv(CAMERA_MATRIX)
    return np.asarray(cv2.warpPerspective(texture, homography, (WIDTH, HEIGHT),
                                          borderMode=cv2.BORDER_REFLECT), np.uint8)


@pytest.fixture
def keyframe() -> Keyframe:
    points = best_corners(wall(0, np.eye(4)), SEEDING).reshape(-1, 2) - CENTRE
    return Keyframe(wall(0, np.eye(4)), np.eye(4), points, np.full(len(points), INVERSE_DEPTH),
                    np.full(len(points), 1e5))


def drifted_window(seed: int = 0, stretch: float = 1.0) -> SlidingWindow:
    """Return a window whose newest key frame sees the wall from T_TRUE, but believes otherwise.

    Its depths are too long by `stretch`.
    """
    window = SlidingWindow(CAMERA, FOCAL_PX, SlidingWindowOptions(length=3))
    image = wall(seed, T_TRUE)
    points = best_corners(image, SEEDING).reshape(-1, 2)
    rays = np.column_stack([(points - CENTRE) / FOCAL_PX, np.ones(len(points))])
    normal = T_TRUE[:3, 2]
    distance = 1 / INVERSE_DEPTH + normal @ T_TRUE[:3, 3]
    window.start(image, points, rays @ normal / distance / stretch)
    window.T_camera_world[0] = DRIFT @ T_TRUE
    return window


def difference(first: Array, second: Array) -> tuple[float, float]:
    T = first @ inverse(second)
    return (float(np.linalg.norm(T[:3, 3])),
            float(np.linalg.norm(so3_log(T[:3, :3]))))


@pytest.mark.parametrize('stretch', [1.0, 1.2])
def test_old_key_frame_tells_pose_and_scale(keyframe: Keyframe, stretch: float) -> None:
    loop_closure = find_loop_closure(keyframe, drifted_window(stretch=stretch), OPTIONS)
    assert loop_closure is not None
    step, turn_rad = difference(loop_closure.T_camera_world, T_TRUE)
    assert step < 0.003
    assert turn_rad < 0.001
    assert loop_closure.scale == pytest.approx(1 / stretch, rel=0.02)


def test_another_wall_is_not_taken_for_the_old_one(keyframe: Keyframe) -> None:
    assert find_loop_closure(keyframe, drifted_window(seed=5), OPTIONS) is None


def test_half_of_the_view_hidden_does_not_mislead(keyframe: Keyframe) -> None:
    window = drifted_window()
    window.images[-1][:, :WIDTH // 2] = wall(7, T_TRUE)[:, :WIDTH // 2]
    loop_closure = find_loop_closure(keyframe, window, OPTIONS)
    assert loop_closure is not None
    step, turn_rad = difference(loop_closure.T_camera_world, T_TRUE)
    assert step < 0.01
    assert turn_rad < 0.003


def test_window_is_corrected_by_a_share_and_keeps_its_shape() -> None:
    window = drifted_window()
    T = window.T_camera_world[0]
    window.T_camera_world = np.stack([motion((0, 0, 0), (-0.3, 0, 0)) @ T, T])
    before = window.T_camera_world.copy()
    depth, scale = window.tracks.inverse_depth.copy(), 1.1
    correct_loop(window, LoopClosure(T_TRUE, scale), OPTIONS)
    step, turn_rad = difference(before[-1], T_TRUE)
    step_left, turn_left_rad = difference(window.T_camera_world[-1], T_TRUE)
    assert step_left < (1 - 0.5 * SHARE) * step
    assert turn_left_rad == pytest.approx((1 - SHARE) * turn_rad, rel=1e-6)
    T, T_before = (poses[0] @ inverse(poses[1]) for poses in (window.T_camera_world, before))
    np.testing.assert_allclose(T[:3, :3], T_before[:3, :3], atol=1e-12)
    np.testing.assert_allclose(T[:3, 3], scale ** SHARE * T_before[:3, 3], atol=1e-12)
    np.testing.assert_allclose(window.tracks.inverse_depth, depth / scale ** SHARE)
