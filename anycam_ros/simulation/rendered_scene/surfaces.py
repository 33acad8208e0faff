# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Textured parallelograms, what is built of them, and how a pinhole camera sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Vector = NDArray[np.float64]

NEAR_M = 0.05
SEAM = 1e-3


@dataclass(frozen=True, eq=False)
class Surface:
    """Hold a textured parallelogram: origin + a * right + b * down, a and b in [0, 1].

    It is seen from the side from which `right` points right and `down` down. Metres, world axes.
    """

    origin: Vector
    right: Vector
    down: Vector
    texture: Image
    moving: bool = False
    pyramid: tuple[Image, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Build the pyramid of ever smaller textures."""
        if not self.pyramid:
            levels = [self.texture]
            while min(levels[-1].shape[:2]) > 8:
                levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
            object.__setattr__(self, 'pyramid', tuple(levels))

    def moved(self, T_world_object: NDArray[np.float64]) -> 'Surface':
        """Return the surface of an object that stands at the given pose."""
        rotation, translation = T_world_object[:3, :3], T_world_object[:3, 3]
        return replace(self, origin=rotation @ self.origin + translation,
                       right=rotation @ self.right, down=rotation @ self.down, moving=True)


@dataclass(frozen=True, eq=False)
class View:
    """Hold what a camera sees: (H, W, 3) RGB, (H, W) inverse depth in 1/m, (H, W) moving."""

    rgb: NDArray[np.float32]
    inverse_depth: NDArray[np.float32]
    moving: NDArray[np.bool_]


def prism(centre: Vector, radius: float, height: float, textures: Sequence[Image],
          turn_rad: float = 0.0) -> list[Surface]:
    """Return the sides and the top of an upright prism; its foot's centre is `centre`.

    One side per texture; four make a box, a dozen nearly a cylinder.
    """
    sides = len(textures)
    angles = turn_rad + 2 * math.pi * np.arange(sides + 1) / sides
    rim = centre + np.stack(
        (radius * np.cos(angles), radius * np.sin(angles), np.full(sides + 1, height)), axis=1)
    down = np.array([0.0, 0.0, -height])
    faces = [Surface(rim[i], rim[i + 1] - rim[i], down, texture)
             for i, texture in enumerate(textures)]
    if sides == 4:
        faces.append(Surface(rim[0], rim[3] - rim[0], rim[1] - rim[0], textures[0]))
    return faces


def render(surfaces: Sequence[Surface], T_camera_world: NDArray[np.float64],
           camera_matrix: NDArray[np.float64], width: int, height: int) -> View:
    """Return what the camera sees; pixel centres have whole coordinates."""
    view = View(np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32),
                np.zeros((height, width), np.bool_))
    for surface in surfaces:
        _draw(surface, T_camera_world, camera_matrix, view)
    return view


def _draw(surface: Surface, T_camera_world: NDArray[np.float64],
          camera_matrix: NDArray[np.float64], view: View) -> None:
    rotation, translation = T_camera_world[:3, :3], T_camera_world[:3, 3]
    # Columns right, down, origin: this maps (a, b, 1) to depth * (x, y, 1), so that its inverse
    # maps (x, y, 1) to (a, b, 1) / depth.
    edges = rotation @ np.stack((surface.right, surface.down, surface.origin), axis=1)
    edges[:, 2] += translation
    pixel_from_surface = camera_matrix @ edges
    determinant = float(np.linalg.det(pixel_from_surface))
    if determinant < 1e-9:   # seen from behind, or edge-on
        return
    rows, columns = _window(pixel_from_surface, view.moving.shape)
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return
    surface_from_pixel = np.linalg.inv(pixel_from_surface).astype(np.float32)
    x = np.arange(columns.start, columns.stop, dtype=np.float32)
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    a, b, inverse_depth = (r[0] * x + (r[1] * y + r[2]) for r in surface_from_pixel)
    hit = (inverse_depth > view.inverse_depth[rows, columns]) & (inverse_depth < 1 / NEAR_M) \
        & _within(a, inverse_depth) & _within(b, inverse_depth)
    if not hit.any():
        return
    depth = 1 / np.where(hit, inverse_depth, np.float32(1))
    texels_per_pixel = np.sqrt(surface.texture.size / 3 / determinant * depth ** 3)
    colour = _sample(surface.pyramid, a * depth, b * depth, np.where(hit, texels_per_pixel, 1))
    view.rgb[rows, columns][hit] = colour[hit]
    view.inverse_depth[rows, columns][hit] = inverse_depth[hit]
    view.moving[rows, columns][hit] = surface.moving


def _within(coordinate: NDArray[np.float32], one: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where 0 <= coordinate / one <= 1, with a seam that closes gaps between surfaces."""
    return (coordinate >= -SEAM * one) & (coordinate <= (1 + SEAM) * one)


def _window(pixel_from_surface: NDArray[np.float64], shape: tuple[int, ...]) \
        -> tuple[slice, slice]:
    """Return the rows and columns that the surface can touch."""
    height, width = shape
    corners = pixel_from_surface @ np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]], np.float64)
    if corners[2].max() < NEAR_M:
        return slice(0, 0), slice(0, 0)
    if corners[2].min() < NEAR_M:
        return slice(0, height), slice(0, width)
    x, y = corners[:2] / corners[2]
    return (slice(max(0, math.floor(y.min())), min(height, math.ceil(y.max()))),
            slice(max(0, math.floor(x.min())), min(width, math.ceil(x.max()))))


def _sample(pyramid: Sequence[Image], a: NDArray[np.float32], b: NDArray[np.float32],
            texels_per_pixel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the texture at (a, b), blended between the two nearest pyramid levels."""
    level = np.clip(np.log2(texels_per_pixel), 0, len(pyramid) - 1)
    colour = np.zeros((*a.shape, 3), np.float32)
    for index in range(math.floor(level.min()), math.ceil(level.max()) + 1):
        texture = pyramid[index]
        height, width = texture.shape[:2]
        texels = cv2.remap(texture, a * width - 0.5, b * height - 0.5, cv2.INTER_LINEAR,
                           borderMode=cv2.BORDER_REPLICATE)
        colour += np.clip(1 - np.abs(level - index), 0, 1)[..., None] * texels
    return colour
