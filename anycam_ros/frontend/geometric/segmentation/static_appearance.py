# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the image before, seen from where the camera is now, looks like the image of now.

Flow from the key frame says nothing of what the key frame does not show: what was hidden then, and
what has entered the picture. The image before shows most of both.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from anycam_ros.frontend.geometric.segmentation.depth_expectation import ExpectedDepth
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import Map, STRIDE
from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import Array

CELL = 8             # coarse pixels; induced flow is smooth, between cells it is linear
NEAREST_Z = 1e-2     # of the scene's points before the other camera


@dataclass(frozen=True)
class StaticAppearanceOptions:
    """Choose how different a static pixel may look."""

    grey_noise: float = 3.0     # grey levels, of camera and compression
    shift: float = 0.25         # coarse pixels that a pose leaves open from image to image
    window: int = 5             # coarse pixels over which the difference is summed


class InducedPositions(NamedTuple):
    """Hold, per pixel of the coarse grid, where another camera sees it, coarse pixels."""

    x: Map
    y: Map
    per_depth: Map      # how far a pixel moves there, per inverse depth


class StaticAppearance(NamedTuple):
    """Hold, per pixel of the coarse grid, how unlike a static scene it looks."""

    score: Map    # grey difference over what is to be expected
    trust: Map    # 0 to 1: whether a motion of a coarse pixel would show


def induced_positions(camera: ProcessingCamera, inverse_depth: Map, T_other_now: Array,
                      focal_px: float) -> InducedPositions:
    """Return where another camera sees what the camera of now sees at an inverse depth."""
    rows, columns = inverse_depth.shape
    row, column = np.indices((-(-rows // CELL) + 1, -(-columns // CELL) + 1)) * CELL
    pixels = np.stack([column.ravel(), row.ravel()], axis=1) * float(STRIDE)
    d = inverse_depth[np.minimum(row, rows - 1), np.minimum(column, columns - 1)].ravel()
    points = rays(camera.undistorted_px(pixels), focal_px) @ T_other_now[:3, :3].T \
        + d[:, None] * T_other_now[:3, 3]
    z = np.maximum(points[:, 2:], NEAREST_Z)
    direction = points[:, :2] / z
    flow = camera.image_px(focal_px * direction) - pixels
    per_depth = focal_px * np.linalg.norm(
        (T_other_now[:2, 3] - direction * T_other_now[2, 3]) / z, axis=1, keepdims=True)
    nodes = (np.concatenate([flow, per_depth], axis=1) / STRIDE).astype(np.float32)
    y, x = np.indices(inverse_depth.shape, np.float32)
    dense = cv2.remap(nodes.reshape(*row.shape, 3), x / CELL, y / CELL, cv2.INTER_LINEAR)
    return InducedPositions(x + dense[..., 0], y + dense[..., 1],
                            np.asarray(dense[..., 2], np.float32))


def static_appearance(now: Map, other: Map, induced: InducedPositions, depth: ExpectedDepth,
                      options: StaticAppearanceOptions) -> StaticAppearance:
    """Return how unlike a static scene the image of now looks, given another one (coarse)."""
    rows, columns = now.shape
    is_seen = (induced.x >= 0) & (induced.y >= 0) \
        & (induced.x <= columns - 1) & (induced.y <= rows - 1)
    seen = cv2.remap(other, induced.x, induced.y, cv2.INTER_LINEAR)
    sampled = np.s_[::4, ::4]
    difference = np.where(is_seen, now - seen, np.float32(0))
    if is_seen[sampled].any():
        # The exposure may have changed.
        difference -= np.median(difference[sampled][is_seen[sampled]]) * is_seen
    dx = cv2.Sobel(now, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(now, cv2.CV_32F, 0, 1, scale=1 / 8)
    texture, found = (_mean(square, options) for square in (dx * dx + dy * dy,
                                                            difference * difference))
    expected = options.grey_noise ** 2 \
        + (options.shift ** 2 + np.square(induced.per_depth * depth.std)) * texture
    return StaticAppearance(np.asarray(np.sqrt(found / expected), np.float32),
                            np.asarray(texture / (texture + expected) * is_seen, np.float32))


def _mean(image: Map, options: StaticAppearanceOptions) -> Map:
    # Running sums may end below zero.
    window = (options.window, options.window)
    return np.asarray(np.maximum(cv2.boxFilter(image, -1, window), 0), np.float32)
