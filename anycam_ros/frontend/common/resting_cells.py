# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What rests in the picture: each cell compared with how it looked when it came to rest.

Grey values say it more exactly than dense flow does: a cell is 64 pixels against the same 64, so
that noise of a grey level leaves a few hundredths of a pixel, and no smoothing over the edge of
what rests. The comparison is over time, whatever the rate: it is never with the frame before.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.geometry.se3 import Array

CELL_PX = 16                     # of the working image, which is halved: noise halves with it
SIDE = CELL_PX // 2              # of a cell there

Mask = NDArray[np.bool_]
Map = NDArray[np.float32]


@dataclass(frozen=True)
class RestingCellsOptions:
    """Choose what rests exactly, in pixels of the working image and in grey levels."""

    resting_px: float = 0.2            # a cell may seem to move, noise aside
    noise_ratio: float = 3.0           # of what noise adds to that, to its standard deviation
    maximum_px: float = 0.4            # that it may seem to move in any noise
    grey_noise: float = 1.0            # of the halved image of a camera
    maximum_std_px: float = 0.1        # of a cell's motion by that noise; less texture shows none
    maximum_residual: float = 3.0      # grey levels that the motion of a resting cell leaves
    residual_share: float = 0.5        # of its contrast, besides: light changes
    quiet_ratio: float = 1.5           # of what the quietest tenth of the cells leaves, besides
    blank_change: float = 3.0          # grey levels; a cell without texture that changes more
                                       # does not rest


class RestingCells:
    """Follow which cells (rows, columns) of the picture rest, and since when.

    At the start all of them are held to rest, until they are seen to move.
    """

    def __init__(self, options: RestingCellsOptions) -> None:
        self._options = options
        self._template: Map | None = None              # what each cell looked like at rest
        self._slope_x: Map
        self._slope_y: Map
        self.stamp_s = 0.0
        self.has_texture: Mask                         # enough to show a motion
        self.rests: Mask
        self.since_s: Array                            # when each came to rest
        self.moved_px: Array                           # (rows, columns, 2) since then
        self.spread: Map                               # standard deviation of its grey levels
        self.level: Map                                # its mean grey level

    @property
    def has_begun(self) -> bool:
        """Return whether an image has been compared with an earlier one."""
        return self._template is not None and hasattr(self, 'rests')

    def rested_s(self) -> Array:
        """Return for how long each cell has rested; 0 where it moves."""
        return np.where(self.rests, self.stamp_s - self.since_s, 0.0)

    def update(self, half: Image, stamp_s: float) -> None:
        """Compare the working image in half its size (h, w) with what each cell was at rest."""
        image = half.astype(np.float32)
        slope_x, slope_y = _slopes(image)
        self.stamp_s = stamp_s
        if self._template is None:
            self._template, self._slope_x, self._slope_y = image, slope_x, slope_y
            self.since_s = np.full(_sum(image).shape, -np.inf)
            return
        self._compare(image - self._template)
        mean = np.asarray(_sum(image) / SIDE ** 2, np.float32)
        self.level = mean
        self.spread = np.asarray(np.sqrt(np.maximum(
            _sum(image * image) / SIDE ** 2 - mean * mean, 0)), np.float32)
        self._take(~self.rests, (image, slope_x, slope_y))

    def restart(self, half: Image) -> None:
        """Let all cells come to rest anew, where the whole picture is found to have moved."""
        image = half.astype(np.float32)
        self._take(np.ones_like(self.rests), (
            image, *_slopes(image)))

    def _compare(self, change: Map) -> None:
        """Find the motion of each cell by one step of Lucas and Kanade, and what it leaves."""
        assert self._template is not None
        options, count = self._options, SIDE ** 2
        gx, gy = self._slope_x, self._slope_y
        mean, sum_x, sum_y = _sum(change) / count, _sum(gx), _sum(gy)
        xx = _sum(gx * gx) - sum_x * sum_x / count
        yy = _sum(gy * gy) - sum_y * sum_y / count
        xy = _sum(gx * gy) - sum_x * sum_y / count
        x, y = _sum(gx * change) - mean * sum_x, _sum(gy * change) - mean * sum_y
        determinant = np.maximum(xx * yy - xy * xy, 1e-6)
        dx, dy = (xy * y - yy * x) / determinant, (xy * x - xx * y) / determinant
        energy = np.maximum(_sum(change * change) - count * mean * mean, 0)
        left = np.sqrt(np.maximum(energy + x * dx + y * dy, 0) / count)
        weakest = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
        # Of the halved image; the template is as noisy as the image.
        std = np.sqrt(2 / np.maximum(weakest, 1e-6))
        self.has_texture = 2 * options.grey_noise * std < options.maximum_std_px
        own = _sum(self._template)
        contrast = np.sqrt(np.maximum(_sum(self._template ** 2) / count - (own / count) ** 2, 0))
        self.moved_px = np.stack([2 * dx, 2 * dy], axis=-1)
        noise_px = options.noise_ratio * 2 * std * left / 2 ** 0.5
        limit_px = np.minimum(np.hypot(options.resting_px, noise_px), options.maximum_px)
        # In the dark the quietest cells show what noise leaves.
        quiet = np.percentile(left[self.has_texture], 10) if self.has_texture.any() else 0.0
        allowed = np.maximum(max(options.maximum_residual, options.quiet_ratio * quiet),
                             options.residual_share * contrast)
        stays = (np.linalg.norm(self.moved_px, axis=-1) < limit_px) & (left < allowed)
        is_unchanged = (np.abs(mean) < options.blank_change) \
            & (energy < count * options.blank_change ** 2)
        self.rests = np.where(self.has_texture, stays, is_unchanged)

    def _take(self, chosen: Mask, now: tuple[Map, Map, Map]) -> None:
        """Let the chosen cells come to rest as they look now."""
        assert self._template is not None
        self.since_s = np.where(chosen, self.stamp_s, self.since_s)
        pixels = np.zeros(self._template.shape, np.bool_)
        block = chosen.repeat(SIDE, axis=0).repeat(SIDE, axis=1)
        pixels[:block.shape[0], :block.shape[1]] = block
        for kept, new in zip((self._template, self._slope_x, self._slope_y), now, strict=True):
            np.copyto(kept, new, where=pixels)


def _slopes(image: Map) -> tuple[Map, Map]:
    """Return the gradient, grey levels per pixel, of an image."""
    return (np.asarray(cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32),
            np.asarray(cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32))


def _sum(values: Map) -> Map:
    """Return the sum over each whole cell."""
    rows, columns = values.shape[0] // SIDE, values.shape[1] // SIDE
    mean = cv2.resize(values[:rows * SIDE, :columns * SIDE], (columns, rows),
                      interpolation=cv2.INTER_AREA)
    return np.asarray(mean, np.float32) * SIDE ** 2
