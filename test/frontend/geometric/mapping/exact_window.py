# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A full window whose observations are exact."""

import cv2
import numpy as np
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, scattered_px, WIDTH

from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.geometry.se3 import Array, inverse

LENGTH, COUNT = 4, 60
CENTRE = np.array([WIDTH, HEIGHT]) / 2
NOTHING_MOVES = np.zeros((HEIGHT, WIDTH), np.uint8)


def noise_image(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH))
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255,
                         cv2.NORM_MINMAX).astype(np.uint8)


def pose(index: int) -> Array:
    return motion((0.0, 0.01 * index, 0.0), (-0.1 * index, 0.02 * index, 0.05 * index))


def exact_window() -> SlidingWindow:
    """Return a full window with exact observations; some tracks end on the way."""
    rng = np.random.default_rng(0)
    points_px, depth = 0.8 * scattered_px(rng, COUNT), rng.uniform(0.2, 1.0, COUNT)
    window = SlidingWindow(CAMERA, FOCAL_PX, SlidingWindowOptions(length=LENGTH))
    window.start(noise_image(0), points_px + CENTRE, depth)
    alive = np.arange(COUNT)
    for index in range(1, LENGTH):
        follows = rng.random(len(alive)) < 0.85
        seen = project(points_px[alive], depth[alive], pose(index)) + CENTRE
        window.append_keyframe(noise_image(index), pose(index), seen, np.ones(len(alive)), follows)
        alive = alive[follows]
    return window


def world_points(window: SlidingWindow) -> Array:
    tracks = window.tracks
    T_world_anchor = inverse(window.T_camera_world)[tracks.first_frame]
    rays = np.column_stack([tracks.points_px[:, 0] / FOCAL_PX, np.ones(len(tracks))])
    points = rays / tracks.inverse_depth[:, None]
    return np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], points) + T_world_anchor[:, :3, 3]
