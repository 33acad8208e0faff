# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points and cameras with known answers, for the geometry without pictures."""

import numpy as np

from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array, from_rotation_translation, so3_exp

WIDTH, HEIGHT, FOCAL_PX = 448, 336, 400.0
CAMERA = ProcessingCamera(Intrinsics.centred(WIDTH, HEIGHT, FOCAL_PX), False)


def motion(turn_rad: tuple[float, float, float], step: tuple[float, float, float]) -> Array:
    return from_rotation_translation(so3_exp(np.array(turn_rad)), np.array(step))


def scattered_px(rng: np.random.Generator, count: int) -> Array:
    """Return centred positions (N, 2) all over the image."""
    half = np.array([WIDTH, HEIGHT]) / 2 - 10
    return rng.uniform(-half, half, (count, 2))


def project(points_px: Array, inverse_depth: Array, T: Array) -> Array:
    """Return where another camera, T_other_first, sees the points (N, 2) of the first."""
    rays = np.column_stack([points_px / FOCAL_PX, np.ones(len(points_px))])
    seen = rays @ T[:3, :3].T + inverse_depth[:, None] * T[:3, 3]
    return FOCAL_PX * seen[:, :2] / seen[:, 2:]


def angle_rad(first: Array, second: Array) -> float:
    """Return the angle between two directions."""
    cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.arccos(np.clip(cosine, -1, 1)))
