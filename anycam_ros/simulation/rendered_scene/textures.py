# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural surfaces with the broad spectrum of real ones: wood, bricks, plaster, paper."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[float, float, float]   # RGB, 0 to 255
Size = tuple[int, int]   # width, height, px


def fractal_noise(rng: np.random.Generator, size: Size, coarsest_px: float = 128,
                  stretch: float = 1.0) -> NDArray[np.float32]:
    """Return 1/f noise (height, width) with zero mean and unit deviation.

    Each octave halves its cells from coarsest_px on; stretch > 1 draws them out along x.
    """
    width, height = size
    total = np.zeros((height, width), np.float32)
    cell = coarsest_px
    while cell >= 2:
        grid = (int(height / cell) + 3, int(width / (cell * stretch)) + 3)
        octave = rng.standard_normal(grid).astype(np.float32)
        total += cell ** 0.7 * cv2.resize(octave, size, interpolation=cv2.INTER_CUBIC)
        cell /= 2
    normalised: NDArray[np.float32] = (total - total.mean()) / total.std()
    return normalised


def tinted(noise: NDArray[np.float32], colour: Colour, contrast: float) -> Image:
    """Return the colour (H, W, 3) made lighter and darker by the noise."""
    shaded = np.asarray(colour, np.float32) * (1 + contrast * noise[..., None])
    return np.clip(shaded, 0, 255).astype(np.uint8)


def _muted(rng: np.random.Generator, low: int, high: int) -> list[int]:
    """Return a random colour, half as saturated as three independent channels would be."""
    colour = rng.uniform(low, high, 3)
    return [int(value) for value in (colour + colour.mean()) / 2]


def plaster(rng: np.random.Generator, size: Size, colour: Colour) -> Image:
    """Return a painted wall with stains."""
    return tinted(fractal_noise(rng, size, 200), colour, 0.09)


def wood(rng: np.random.Generator, size: Size, colour: Colour, plank_px: int = 48) -> Image:
    """Return planks along x, each of its own tone, with grain and gaps."""
    width, height = size
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, plank_px):
        rows = min(plank_px, height - top)
        grain = fractal_noise(rng, (width, rows), 24, stretch=8)
        red, green, blue = rng.uniform(0.75, 1.15) * rng.uniform(0.95, 1.05, 3) * colour
        plank = tinted(grain, (red, green, blue), 0.14)
        for end in np.cumsum(rng.integers(150, 400, width // 150)):
            cv2.line(plank, (int(end), 0), (int(end), rows), (40, 30, 22), 2)
        plank[:2] = plank[:2] // 3
        out[top:top + rows] = plank
    return out


def bricks(rng: np.random.Generator, size: Size, colour: Colour) -> Image:
    """Return a brick wall."""
    width, height = size
    brick_width, brick_height, joint = 64, 24, 3
    out = tinted(fractal_noise(rng, size, 16), (176, 170, 160), 0.10)
    for row, top in enumerate(range(0, height, brick_height)):
        for left in range(-(row % 2) * brick_width // 2, width, brick_width):
            tone = np.asarray(colour) * rng.uniform(0.65, 1.15)
            corner = (left + brick_width - joint, top + brick_height - joint)
            cv2.rectangle(out, (left + joint, top + joint), corner, tone.tolist(), -1)
    rough = 1 + 0.10 * fractal_noise(rng, size, 48)
    return np.clip(out * rough[..., None], 0, 255).astype(np.uint8)


def paper(rng: np.random.Generator, size: Size) -> Image:
    """Return a poster: coloured shapes and lines of something like print."""
    width, height = size
    background = _muted(rng, 120, 245)
    out = np.full((height, width, 3), background, np.uint8)
    for _ in range(14):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        shade = _muted(rng, 10, 240)
        axes = (int(rng.integers(width // 20, width // 4)),
                int(rng.integers(height // 20, height // 5)))
        cv2.ellipse(out, centre, axes, float(rng.uniform(0, 180)), 0, 360, shade, -1, cv2.LINE_AA)
    for baseline in range(height // 2, height - 8, 14):
        for left in range(12, width - 24, 18):
            cv2.rectangle(out, (left, baseline), (left + int(rng.integers(6, 16)), baseline + 6),
                          _muted(rng, 10, 70), -1)
    cv2.rectangle(out, (0, 0), (width - 1, height - 1), (60, 60, 60), 5)
    worn = 1 + 0.05 * fractal_noise(rng, size, 32)
    return np.clip(out * worn[..., None], 0, 255).astype(np.uint8)


def books(rng: np.random.Generator, size: Size) -> Image:
    """Return a shelf full of books seen from the front."""
    width, height = size
    out = np.full((height, width, 3), (52, 38, 26), np.uint8)
    shelf = 110
    for bottom in range(shelf, height + shelf, shelf):
        left = 6
        while left < width - 10:
            thick, tall = int(rng.integers(9, 26)), int(rng.integers(64, shelf - 12))
            spine = _muted(rng, 20, 220)
            cv2.rectangle(out, (left, bottom - 8 - tall), (left + thick, bottom - 8), spine, -1)
            label = _muted(rng, 120, 250)
            middle = bottom - 8 - int(tall * rng.uniform(0.4, 0.8))
            cv2.rectangle(out, (left + 2, middle), (left + thick - 2, middle + 12), label, -1)
            left += thick + 2
        cv2.rectangle(out, (0, bottom - 8), (width, bottom), (120, 88, 58), -1)
    worn = 1 + 0.08 * fractal_noise(rng, size, 24)
    return np.clip(out * worn[..., None], 0, 255).astype(np.uint8)


def fabric(rng: np.random.Generator, size: Size, colour: Colour) -> Image:
    """Return cloth in large coloured checks, as moving things wear it."""
    width, height = size
    out = tinted(fractal_noise(rng, size, 40), colour, 0.25).astype(np.float32)
    for step, axis in ((37, 0), (53, 1)):
        bands = rng.uniform(0.6, 1.3, (height if axis == 0 else width) // step + 1)
        stripes = np.repeat(bands, step)[:height if axis == 0 else width]
        out *= stripes[:, None, None] if axis == 0 else stripes[None, :, None]
    return np.clip(out, 0, 255).astype(np.uint8)
