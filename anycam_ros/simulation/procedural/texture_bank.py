# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Grey textures with the smaller sizes of each, packed for compiled code."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.simulation.rendered_scene.textures import fractal_noise

Image = NDArray[np.uint8]
Integers = NDArray[np.int64]

TRANSPARENT = 0
SMALLEST_PX = 4
LEVELS = 12


class TexturePyramids(NamedTuple):
    """Hold all textures, each in ever smaller sizes."""

    texels: Image            # of all, one after the other
    offset: Integers         # (K, LEVELS) of the first texel
    height: Integers         # (K, LEVELS)
    width: Integers
    levels: Integers         # (K,) how many sizes there are
    has_holes: NDArray[np.bool_]    # (K,) whether TRANSPARENT texels are left out


class TextureBank:
    """Collect textures; a mesh names them by number."""

    def __init__(self, rng: np.random.Generator, pictures: list[Image]) -> None:
        self._rng, self._pictures = rng, pictures
        self._textures: list[tuple[Image, bool]] = []

    def add(self, texture: Image, *, has_holes: bool = False) -> int:
        """Take a texture; return its number."""
        if not has_holes:
            texture = np.maximum(texture, TRANSPARENT + 1)
        self._textures.append((texture, has_holes))
        return len(self._textures) - 1

    def surface(self, side_px: int = 384) -> int:
        """Add a texture as walls, ground and things have them; return its number."""
        kind = self._rng.random()
        if kind < 0.55:
            return self.add(self._photograph(side_px))
        if kind < 0.85:
            return self.add(self._noise(side_px))
        return self.add(self._patches(side_px))

    def foliage(self, side_px: int = 256) -> int:
        """Add a crown of leaves with holes; return its number."""
        texture = np.maximum(self._photograph(side_px), TRANSPARENT + 1)
        gaps = fractal_noise(self._rng, (side_px, side_px), 64)
        y, x = np.indices(texture.shape) / side_px - 0.5
        texture[gaps + 4.0 * (0.42 - np.hypot(x, y)) < 0] = TRANSPARENT
        return self.add(texture, has_holes=True)

    def pyramids(self) -> TexturePyramids:
        """Return all textures so far."""
        count = len(self._textures)
        offset, height, width = (np.zeros((count, LEVELS), np.int64) for _ in range(3))
        levels = np.zeros(count, np.int64)
        texels, end = [], 0
        for k, (finest, _) in enumerate(self._textures):
            for level, texture in enumerate(_sizes(finest)):
                offset[k, level], (height[k, level], width[k, level]) = end, texture.shape
                texels.append(texture.ravel())
                end += texture.size
                levels[k] += 1
        return TexturePyramids(np.concatenate(texels), offset, height, width, levels,
                               np.array([has_holes for _, has_holes in self._textures]))

    def _photograph(self, side_px: int) -> Image:
        """Return a random part of a photograph, in random size, contrast and turn."""
        rng = self._rng
        picture = self._pictures[rng.integers(len(self._pictures))]
        side = int(rng.uniform(0.3, 1.0) * min(picture.shape))
        top, left = (int(rng.integers(length - side + 1)) for length in picture.shape)
        part = cv2.resize(picture[top:top + side, left:left + side], (side_px, side_px),
                          interpolation=cv2.INTER_AREA if side > side_px else cv2.INTER_CUBIC)
        part = np.rot90(np.asarray(part, np.uint8), int(rng.integers(4)))[:, ::rng.choice([-1, 1])]
        return self._toned(part.astype(np.float32) - part.mean(), rng.uniform(0.15, 1.2))

    def _noise(self, side_px: int) -> Image:
        """Return 1/f noise, as asphalt, plaster or fields have it; some of it hardly visible."""
        rng = self._rng
        noise = fractal_noise(rng, (side_px, side_px), float(rng.choice([16, 48, 128])),
                              float(rng.choice([1, 1, 4])))
        return self._toned(noise, float(np.exp(rng.uniform(np.log(1.5), np.log(40)))))

    def _patches(self, side_px: int) -> Image:
        """Return rectangles and lines, as windows, tiles and prints have them."""
        rng = self._rng
        out = np.full((side_px, side_px), rng.integers(30, 220), np.uint8)
        if rng.random() < 0.5:
            step = int(rng.integers(16, 80))
            for top in range(0, side_px, step):
                for left in range(0, side_px, step):
                    cv2.rectangle(out, (left + step // 6, top + step // 6),
                                  (left + 5 * step // 6, top + 5 * step // 6),
                                  int(rng.integers(10, 245)), -1)
        else:
            for _ in range(rng.integers(8, 40)):
                a, b = rng.integers(0, side_px, (2, 2)).tolist()
                cv2.rectangle(out, a, b, int(rng.integers(10, 245)),
                              int(rng.choice([-1, 2, 5])))
        worn = 4 * fractal_noise(rng, (side_px, side_px), 32)
        return np.asarray(np.clip(out + worn, 1, 255), np.uint8)

    def _toned(self, variation: NDArray[np.float32], contrast: float) -> Image:
        level = self._rng.uniform(40, 200)
        return np.asarray(np.clip(level + contrast * variation, 1, 255), np.uint8)


def _sizes(texture: Image) -> Iterator[Image]:
    """Yield a texture in ever smaller sizes."""
    for _ in range(LEVELS):
        yield texture
        if min(texture.shape) < 2 * SMALLEST_PX:
            break
        texture = np.asarray(cv2.pyrDown(texture), np.uint8)
