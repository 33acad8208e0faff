# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points of a map that is known exactly."""

import numpy as np

from anycam_ros.frontend.geometric.mapping.map_points import map_points, MapPointsOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array, from_rotation_translation, so3_exp

FOCAL_PX = 300.0
CAMERA = ProcessingCamera(Intrinsics.centred(448, 336, FOCAL_PX), is_calibrated=True)
OPTIONS = MapPointsOptions()
IMAGE = np.zeros((336, 448), np.uint8)


def camera_at(step: float) -> Array:
    """Return T_camera_world of a camera that turns while it walks."""
    return from_rotation_translation(so3_exp(np.array([0.0, 0.05 * step, 0.02])),
                                     np.array([-0.1 * step, 0.02, 0.05 * step]))


def seen(points: Array, T_camera_world: Array) -> tuple[Array, Array]:
    """Return points in a camera and their pixels."""
    there = points @ T_camera_world[:3, :3].T + T_camera_world[:3, 3]
    return there, CAMERA.image_px(FOCAL_PX * there[:, :2] / there[:, 2:])


def window_of(points: Array, views: int) -> SlidingWindow:
    window = SlidingWindow(CAMERA, FOCAL_PX, SlidingWindowOptions(length=5))
    _, pixels = seen(points, np.eye(4))
    window.start(IMAGE, pixels, 1.0 / points[:, 2])
    for step in range(1, views):
        _, pixels = seen(points, camera_at(step))
        window.append_keyframe(IMAGE, camera_at(step), pixels, np.ones(len(points)),
                               np.ones(len(points), np.bool_))
    window.tracks.information[:] = 1e4
    return window


def test_points_are_where_they_are_from_any_camera() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform((-1, -1, 2), (1, 1, 4), (50, 3))
    window = window_of(points, 3)
    for step in (0.0, 2.0, 3.5):
        there, _ = seen(points, camera_at(step))
        np.testing.assert_allclose(map_points(window, camera_at(step), OPTIONS), there, atol=1e-9)


def test_what_is_not_known_is_no_point() -> None:
    points = np.array([[0.1, 0.1, 2.0], [0.2, 0.1, 2.0], [0.3, 0.1, 2.0], [0.4, 0.1, 2.0]])
    window = window_of(points, 3)
    tracks = window.tracks
    tracks.information[0] = 1.0        # depth
    tracks.weight[1, 2] = 0.0          # two views
    tracks.inverse_depth[2] = -0.1     # behind the camera
    np.testing.assert_allclose(map_points(window, np.eye(4), OPTIONS), points[3:], atol=1e-9)
    tracks.measured_information[1] = 1.0
    np.testing.assert_allclose(map_points(window, np.eye(4), OPTIONS), points[[1, 3]], atol=1e-9)
