# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draw textured triangles as a pinhole camera sees them, in grey.

A triangle is drawn in homogeneous coordinates, which need no clipping: the inverse of the matrix
of its projected corners takes a pixel (x, y, 1) to its barycentric coordinates over depth.
Source: Olano and Greer, Triangle scan conversion using 2D homogeneous coordinates, 1997.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.compiled import compiled, compiled_reordered, inlined
from anycam_ros.simulation.procedural.meshes import Array, Mesh
from anycam_ros.simulation.procedural.texture_bank import TexturePyramids, TRANSPARENT

NEAR_M = 0.02
NOTHING = -1
SEAM = 1e-9        # so that rounding leaves no gaps between triangles
# Surfaces go on in ever smaller detail: each texture is added to itself, so much finer.
DETAIL, DETAIL_SHARE = 8.3, 0.35


class Raster(NamedTuple):
    """Hold what a camera sees, and of what."""

    grey: NDArray[np.float32]            # (H, W), 0 to 255
    inverse_depth: NDArray[np.float32]   # (H, W), 1/m; 0 where nothing is
    face: NDArray[np.int32]              # (H, W) index of the triangle; NOTHING where none is


def rasterise(mesh: Mesh, textures: TexturePyramids, T_camera_world: Array, K: Array,
              shape: tuple[int, int], sky: float = 128.0) -> Raster:
    """Return what a camera with matrix K (3, 3) sees in an image of a shape."""
    points = (mesh.vertices @ T_camera_world[:3, :3].T + T_camera_world[:3, 3]) @ K.T
    inverse, window = _set_up(points[mesh.faces], shape)
    raster = Raster(np.full(shape, sky, np.float32), np.zeros(shape, np.float32),
                    np.full(shape, NOTHING, np.int32))
    _draw(inverse, window, mesh.uv, mesh.texture, textures, raster.inverse_depth, raster.face)
    _shade(inverse, mesh.uv, mesh.texture, _finest_levels(inverse, mesh, textures), textures,
           raster.face, raster.grey)
    return raster


def _set_up(corners: Array, shape: tuple[int, int]) -> tuple[Array, NDArray[np.int64]]:
    """Return per triangle its inverse matrix (F, 3, 3) and the pixels (F, 4) it may touch.

    corners (F, 3, 3) are the projected corners, one a row. The window is left, top, right and
    bottom, the last ones excluded; it is empty for what is not seen.
    """
    height, width = shape
    matrices = np.swapaxes(corners, 1, 2)
    determinant = np.linalg.det(matrices)
    z = corners[..., 2]
    seen = (z.max(axis=1) > NEAR_M) & (np.abs(determinant) > 1e-12)
    inverse = np.zeros_like(matrices)
    inverse[seen] = np.linalg.inv(matrices[seen])
    window = np.zeros((len(corners), 4), np.int64)
    crosses = seen & (z.min(axis=1) <= NEAR_M)
    window[crosses] = 0, 0, width, height
    whole = seen & ~crosses
    pixels = corners[whole, :, :2] / corners[whole, :, 2:]
    low = np.clip(np.ceil(pixels.min(axis=1)), 0, (width, height))
    high = np.clip(np.floor(pixels.max(axis=1)) + 1, 0, (width, height))
    window[whole] = np.concatenate([low, high], axis=1).astype(np.int64)
    return inverse, window


@compiled_reordered
def _draw(inverse: Array, window: NDArray[np.int64], uv: Array, texture: NDArray[np.int64],
          textures: TexturePyramids, inverse_depth: NDArray[np.float32],
          face: NDArray[np.int32]) -> None:
    """Fill, per pixel, the nearest triangle and its inverse depth."""
    for f in range(len(window)):
        M = inverse[f]
        has_holes = textures.has_holes[texture[f]]
        for y in range(window[f, 1], window[f, 3]):
            for x in range(window[f, 0], window[f, 2]):
                a = M[0, 0] * x + M[0, 1] * y + M[0, 2]
                b = M[1, 0] * x + M[1, 1] * y + M[1, 2]
                c = M[2, 0] * x + M[2, 1] * y + M[2, 2]
                nearness = a + b + c
                if min(a, b, c) < -SEAM * nearness or nearness <= inverse_depth[y, x] \
                        or nearness > 1 / NEAR_M:
                    continue
                if has_holes:
                    u, v = _coordinates(uv[f], a / nearness, b / nearness, c / nearness)
                    if _nearest_texel(textures, texture[f], u, v) == TRANSPARENT:
                        continue
                inverse_depth[y, x] = nearness
                face[y, x] = f


@compiled_reordered
def _shade(inverse: Array, uv: Array, texture: NDArray[np.int64], finest: Array,
           textures: TexturePyramids, face: NDArray[np.int32],
           grey: NDArray[np.float32]) -> None:
    """Fill, per pixel, the texture of its triangle; finest (F,) is its level at depth 1."""
    rows, columns = grey.shape
    for y in range(rows):
        for x in range(columns):
            f = face[y, x]
            if f < 0:
                continue
            M, k = inverse[f], texture[f]
            a = M[0, 0] * x + M[0, 1] * y + M[0, 2]
            b = M[1, 0] * x + M[1, 1] * y + M[1, 2]
            c = M[2, 0] * x + M[2, 1] * y + M[2, 2]
            nearness = a + b + c
            depth = 1 / nearness
            u, v = _coordinates(uv[f], a * depth, b * depth, c * depth)
            last = textures.levels[k] - 1
            level = min(max(finest[f] - 1.5 * math.log2(nearness), 0.0), float(last))
            low = int(level)
            value = _bilinear(textures, k, low, _mirrored(u), _mirrored(v))
            if level > low:
                value += (level - low) * (
                    _bilinear(textures, k, low + 1, _mirrored(u), _mirrored(v)) - value)
            fine = min(int(level + math.log2(DETAIL) + 0.5), last)
            if fine < last:
                value += DETAIL_SHARE * (
                    _bilinear(textures, k, fine, _mirrored(DETAIL * u), _mirrored(DETAIL * v))
                    - textures.texels[textures.offset[k, last]])
            grey[y, x] = min(max(value, 0.0), 255.0)


def _finest_levels(inverse: Array, mesh: Mesh, textures: TexturePyramids) -> Array:
    """Return the pyramid level (F,) with one texel per pixel at depth 1.

    The area that a pixel covers of the parallelogram is |det(inverse)| depth^3.
    """
    first, second = mesh.uv[:, 1] - mesh.uv[:, 0], mesh.uv[:, 2] - mesh.uv[:, 0]
    texels = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) \
        * textures.height[mesh.texture, 0] * textures.width[mesh.texture, 0]
    return np.asarray(0.5 * np.log2(np.maximum(texels * np.abs(np.linalg.det(inverse)), 1e-30)))


@inlined
def _coordinates(corners: Array, a: float, b: float, c: float) -> tuple[float, float]:
    return (a * corners[0, 0] + b * corners[1, 0] + c * corners[2, 0],
            a * corners[0, 1] + b * corners[1, 1] + c * corners[2, 1])


@compiled_reordered
def _mirrored(coordinate: float) -> float:
    """Return a coordinate folded into [0, 1]."""
    folded = coordinate - 2.0 * math.floor(0.5 * coordinate)
    return 2.0 - folded if folded > 1.0 else folded


@compiled
def _nearest_texel(textures: TexturePyramids, k: int, u: float, v: float) -> int:
    height, width = textures.height[k, 0], textures.width[k, 0]
    column = min(int(_mirrored(u) * width), width - 1)
    row = min(int(_mirrored(v) * height), height - 1)
    return int(textures.texels[textures.offset[k, 0] + row * width + column])


@compiled_reordered
def _bilinear(textures: TexturePyramids, k: int, level: int, u: float, v: float) -> float:
    height, width = textures.height[k, level], textures.width[k, level]
    x, y = max(u * width - 0.5, 0.0), max(v * height - 0.5, 0.0)
    column, row = min(int(x), width - 1), min(int(y), height - 1)
    right, below = min(column + 1, width - 1), min(row + 1, height - 1)
    s, t = x - column, y - row
    texels, offset = textures.texels, textures.offset[k, level]
    top = (1 - s) * texels[offset + row * width + column] \
        + s * texels[offset + row * width + right]
    bottom = (1 - s) * texels[offset + below * width + column] \
        + s * texels[offset + below * width + right]
    return float((1 - t) * top + t * bottom)
