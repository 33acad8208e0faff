# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Patch alignment: where a small square of one image is in another, to a tenth of a pixel.

Inverse compositional Lucas-Kanade (Baker and Matthews 2004) on one level, with gain and bias of
the grey values eliminated. It starts near its goal: cheap dense flow says where.
"""

from dataclasses import dataclass
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.geometry.compiled import compiled_reordered
from anycam_ros.geometry.se3 import Array

HALF = 5                   # of the side of a patch, besides its centre. What compiled code is
SIDE = 2 * HALF + 1        # specialised to stays a constant of the module
ROOM = SIDE + 2            # gradients need a pixel around

# Squared, summed over the patch, of the weaker direction: noise of 3 grey levels then moves it by
# half a pixel.
TELLING_GRADIENT = 36.0

Patch = NDArray[np.float32]


@dataclass(frozen=True)
class PatchAlignmentOptions:
    """Choose when a patch counts as found."""

    iterations: int = 10
    converged_px: float = 0.03     # of the last step
    maximum_step_px: float = 2.0   # of one iteration; the image is linear over less
    reach_px: float = 8.0          # from where the search starts; beyond it finds something else
    minimum_gradient: float = TELLING_GRADIENT
    minimum_gain: float = 0.3      # of contrast between the images
    minimum_correlation: float = 0.7   # of the grey values, once aligned


class Alignment(NamedTuple):
    """Hold where N patches are in the target."""

    target_px: Array                   # (N, 2)
    is_found: NDArray[np.bool_]        # (N,)


def align_patches(source: Image, target: Image, source_px: Array, start_px: Array,
                  options: PatchAlignmentOptions) -> Alignment:
    """Return where the patches around points (N, 2) of the source are in the target.

    The search starts at start_px (N, 2); a point that is not finite is not found.
    """
    target_px = np.array(start_px, np.float64)
    is_found = np.zeros(len(source_px), np.bool_)
    _align(source, target, np.ascontiguousarray(source_px, np.float64), target_px, is_found,
           options.iterations, options.converged_px, options.maximum_step_px, options.reach_px,
           options.minimum_gradient, options.minimum_gain, options.minimum_correlation)
    return Alignment(target_px, is_found)


def has_texture(image: Image, positions_px: Array,
                minimum_gradient: float = TELLING_GRADIENT) -> NDArray[np.bool_]:
    """Return at which positions (N, 2) of an image a patch shows where it is."""
    weaker = np.zeros(len(positions_px))
    _fill_gradients(image, np.ascontiguousarray(positions_px, np.float64), weaker)
    return np.asarray(weaker >= minimum_gradient)


@compiled_reordered
def _fill_gradients(image: Image, positions_px: Array, weaker: Array) -> None:
    room = np.empty((ROOM, ROOM), np.float32)
    patch, slope_x, slope_y = (np.empty((SIDE, SIDE), np.float32),
                               np.empty((SIDE, SIDE), np.float32),
                               np.empty((SIDE, SIDE), np.float32))
    for n in range(len(positions_px)):
        _sample(image, positions_px[n, 0], positions_px[n, 1], room)
        _, xx, xy, yy = _prepare(room, patch, slope_x, slope_y)
        weaker[n] = _weaker(xx, xy, yy)


@compiled_reordered
def _weaker(xx: float, xy: float, yy: float) -> float:
    """Return the smaller eigenvalue of a symmetric matrix (2, 2)."""
    return 0.5 * (xx + yy) - math.sqrt(0.25 * (xx - yy) ** 2 + xy * xy)


@compiled_reordered
def _sample(image: Image, x: float, y: float, out: Patch) -> None:
    """Fill a square (M, M) of an image around a position; the border goes on beyond the image."""
    size = out.shape[0]
    height, width = image.shape
    left, top = math.floor(x) - size // 2, math.floor(y) - size // 2
    a, b = np.float32(x - math.floor(x)), np.float32(y - math.floor(y))
    one = np.float32(1)
    inside = left >= 0 and top >= 0 and left + size < width and top + size < height
    if inside:
        for i in range(size):
            upper, lower = image[top + i], image[top + i + 1]
            for j in range(size):
                above = (one - a) * upper[left + j] + a * upper[left + j + 1]
                below = (one - a) * lower[left + j] + a * lower[left + j + 1]
                out[i, j] = (one - b) * above + b * below
        return
    for i in range(size):
        row, next_row = min(max(top + i, 0), height - 1), min(max(top + i + 1, 0), height - 1)
        for j in range(size):
            column = min(max(left + j, 0), width - 1)
            next_column = min(max(left + j + 1, 0), width - 1)
            above = (one - a) * image[row, column] + a * image[row, next_column]
            below = (one - a) * image[next_row, column] + a * image[next_row, next_column]
            out[i, j] = (one - b) * above + b * below


@compiled_reordered
def _prepare(room: Patch, patch: Patch, slope_x: Patch, slope_y: Patch) -> tuple[
        float, float, float, float]:
    """Fill a patch without its mean, and its gradients without what gain and bias explain.

    Returns the energy of the patch and the matrix (xx, xy, yy) of the gradients.
    """
    mean = mean_x = mean_y = np.float32(0)
    half = np.float32(0.5)
    for i in range(SIDE):
        for j in range(SIDE):
            patch[i, j] = room[i + 1, j + 1]
            slope_x[i, j] = half * (room[i + 1, j + 2] - room[i + 1, j])
            slope_y[i, j] = half * (room[i + 2, j + 1] - room[i, j + 1])
            mean += patch[i, j]
            mean_x += slope_x[i, j]
            mean_y += slope_y[i, j]
    mean, mean_x, mean_y = mean / SIDE ** 2, mean_x / SIDE ** 2, mean_y / SIDE ** 2
    energy = along_x = along_y = np.float32(1e-6)
    for i in range(SIDE):
        for j in range(SIDE):
            patch[i, j] -= mean
            slope_x[i, j] -= mean_x
            slope_y[i, j] -= mean_y
            energy += patch[i, j] * patch[i, j]
            along_x += slope_x[i, j] * patch[i, j]
            along_y += slope_y[i, j] * patch[i, j]
    along_x, along_y = along_x / energy, along_y / energy
    xx = xy = yy = np.float32(0)
    for i in range(SIDE):
        for j in range(SIDE):
            slope_x[i, j] -= along_x * patch[i, j]
            slope_y[i, j] -= along_y * patch[i, j]
            xx += slope_x[i, j] * slope_x[i, j]
            xy += slope_x[i, j] * slope_y[i, j]
            yy += slope_y[i, j] * slope_y[i, j]
    return energy, xx, xy, yy


@compiled_reordered
def _correlate(patch: Patch, slope_x: Patch, slope_y: Patch, seen: Patch) -> tuple[
        float, float, float, float]:
    """Return the products of what is seen with the patch and its gradients, and its energy."""
    with_patch = with_x = with_y = mean = square = np.float32(0)
    patch, slope_x, slope_y, seen = patch.ravel(), slope_x.ravel(), slope_y.ravel(), seen.ravel()
    for k in range(SIDE * SIDE):
        value = seen[k]
        with_patch += value * patch[k]
        with_x += value * slope_x[k]
        with_y += value * slope_y[k]
        mean += value
        square += value * value
    return with_patch, with_x, with_y, square - mean * mean / SIDE ** 2


@compiled_reordered
def _align(source: Image, target: Image, source_px: Array, target_px: Array,
           is_found: NDArray[np.bool_], iterations: int, converged_px: float,
           maximum_step_px: float, reach_px: float, minimum_gradient: float,
           minimum_gain: float, minimum_correlation: float) -> None:
    room = np.empty((ROOM, ROOM), np.float32)
    patch, slope_x, slope_y, seen = (
        np.empty((SIDE, SIDE), np.float32), np.empty((SIDE, SIDE), np.float32),
        np.empty((SIDE, SIDE), np.float32), np.empty((SIDE, SIDE), np.float32))
    height, width = target.shape
    for n in range(len(source_px)):
        x, y = target_px[n, 0], target_px[n, 1]
        # A NaN is nowhere inside.
        if not (x >= 0 and y >= 0 and x <= width - 1 and y <= height - 1):
            continue
        _sample(source, source_px[n, 0], source_px[n, 1], room)
        energy, xx, xy, yy = _prepare(room, patch, slope_x, slope_y)
        if _weaker(xx, xy, yy) < minimum_gradient:
            continue
        determinant = xx * yy - xy * xy
        gain = correlation = 0.0
        for _ in range(iterations):
            _sample(target, x, y, seen)
            with_patch, with_x, with_y, seen_energy = _correlate(patch, slope_x, slope_y, seen)
            gain = with_patch / energy
            correlation = with_patch / math.sqrt(energy * max(seen_energy, 1e-6))
            # Still off its goal a patch seems to have less contrast than it has.
            scale = determinant * max(gain, minimum_gain)
            step_x = (xy * with_y - yy * with_x) / scale
            step_y = (xy * with_x - xx * with_y) / scale
            length = math.sqrt(step_x * step_x + step_y * step_y)
            if length > maximum_step_px:
                step_x, step_y = (maximum_step_px / length * step_x,
                                  maximum_step_px / length * step_y)
            x, y = x + step_x, y + step_y
            if length < converged_px or not (x >= 0 and y >= 0 and x <= width - 1
                                             and y <= height - 1):
                break
        away = math.sqrt((x - target_px[n, 0]) ** 2 + (y - target_px[n, 1]) ** 2)
        is_found[n] = gain >= minimum_gain and correlation >= minimum_correlation \
            and away < reach_px
        target_px[n, 0], target_px[n, 1] = x, y
