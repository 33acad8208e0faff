# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Triangle meshes, and the simple bodies that scenes are built of.

Body axes: x forward, y left, z up; metres.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Faces = NDArray[np.int64]
Vector = Sequence[float] | Array      # of three components


@dataclass(frozen=True, eq=False)
class Mesh:
    """Hold triangles with a texture each; a texture repeats, mirrored, outside of [0, 1]."""

    vertices: Array                # (V, 3)
    faces: Faces                   # (F, 3) indices of vertices
    uv: Array                      # (F, 3, 2) texture coordinates of their corners
    texture: NDArray[np.int64]     # (F,) of the texture bank

    def moved(self, T_world_body: Array) -> 'Mesh':
        """Return the mesh with its vertices at a pose (4, 4)."""
        vertices = self.vertices @ T_world_body[:3, :3].T + T_world_body[:3, 3]
        return Mesh(vertices, self.faces, self.uv, self.texture)


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Return several meshes as one."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]),
                np.concatenate([mesh.faces + offset
                                for mesh, offset in zip(meshes, offsets, strict=True)]),
                np.concatenate([mesh.uv for mesh in meshes]),
                np.concatenate([mesh.texture for mesh in meshes]))


def grid(points: Array, texture: int, repeats: tuple[float, float] = (1.0, 1.0)) -> Mesh:
    """Return the surface through points (R, C, 3), its texture so often along both sides."""
    rows, columns = points.shape[:2]
    v, u = np.meshgrid(np.linspace(0, repeats[1], rows), np.linspace(0, repeats[0], columns),
                       indexing='ij')
    coordinates = np.stack([u, v], axis=-1).reshape(-1, 2)
    index = np.arange(rows * columns).reshape(rows, columns)
    corner, right, below, last = (part.ravel() for part in (
        index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    faces = np.concatenate([np.stack([corner, right, below], 1),
                            np.stack([right, last, below], 1)])
    return Mesh(points.reshape(-1, 3).astype(np.float64), faces, coordinates[faces],
                np.full(len(faces), texture))


def quad(origin: Vector, right: Vector, down: Vector, texture: int,
         repeats: tuple[float, float] = (1.0, 1.0)) -> Mesh:
    """Return a parallelogram."""
    o, r, d = (np.asarray(vector, np.float64) for vector in (origin, right, down))
    return grid(np.array([[o, o + r], [o + d, o + r + d]]), texture, repeats)


def box(size: Vector, texture: int, centre: Vector = (0.0, 0.0, 0.0)) -> Mesh:
    """Return the four sides and the top of a box of that length, breadth and height."""
    x, y, z = (np.array([-0.5, 0.5]) * side + middle
               for side, middle in zip(size, centre, strict=True))
    down = (0.0, 0.0, z[0] - z[1])
    length, breadth = x[1] - x[0], y[1] - y[0]
    return joined([
        quad((x[0], y[1], z[1]), (0.0, -breadth, 0.0), down, texture),
        quad((x[1], y[0], z[1]), (0.0, breadth, 0.0), down, texture),
        quad((x[0], y[0], z[1]), (length, 0.0, 0.0), down, texture),
        quad((x[1], y[1], z[1]), (-length, 0.0, 0.0), down, texture),
        quad((x[0], y[0], z[1]), (length, 0.0, 0.0), (0.0, breadth, 0.0), texture)])


def column(radius: float, height: float, texture: int, sides: int = 8) -> Mesh:
    """Return the mantle of an upright prism that stands on its centre."""
    angles = 2 * math.pi * np.arange(sides + 1) / sides
    ring = np.stack([radius * np.cos(angles), radius * np.sin(angles), np.zeros(sides + 1)], 1)
    up = np.array([0.0, 0.0, height])
    return grid(np.array([ring + up, ring]), texture,
                (max(1.0, round(2 * math.pi * radius / max(height, 1e-6))), 1.0))


def blob(rng: np.random.Generator, radii: Vector, texture: int,
         roughness: float = 0.2, rows: int = 9) -> Mesh:
    """Return an uneven ellipsoid about the origin."""
    polar, around = np.meshgrid(np.linspace(0.02, math.pi - 0.02, rows),
                                np.linspace(0, 2 * math.pi, 2 * rows), indexing='ij')
    waves = rng.integers(1, 4, (3, 2))
    phases = rng.uniform(0, 2 * math.pi, (3, 2))
    radius = 1.0 + roughness * sum(
        np.sin(a * around + p) * np.sin(polar) * np.sin(b * polar + q)
        for (a, b), (p, q) in zip(waves, phases, strict=True))
    direction = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around),
                          np.cos(polar)], axis=-1)
    return grid(radius[..., None] * direction * np.asarray(radii), texture, (2.0, 1.0))


def terrain(rng: np.random.Generator, x_m: tuple[float, float], y_m: tuple[float, float],
            height_m: float, texture: int, cells: int = 24) -> Mesh:
    """Return ground over a rectangle, with hills of that height, flat where height_m is 0."""
    cells = cells if height_m > 0 else 6
    x, y = np.meshgrid(np.linspace(*x_m, cells + 1), np.linspace(*y_m, cells + 1), indexing='ij')
    z = np.zeros_like(x)
    for _ in range(6):
        wave = rng.normal(0, 2 * math.pi / (0.25 * (x_m[1] - x_m[0])), 2)
        z += height_m / 2.5 * np.sin(wave[0] * x + wave[1] * y + rng.uniform(0, 2 * math.pi))
    size = max(x_m[1] - x_m[0], y_m[1] - y_m[0])
    repeats = max(1.0, size / rng.uniform(4, 12))
    return grid(np.stack([x, y, z], axis=-1), texture, (repeats, repeats))
