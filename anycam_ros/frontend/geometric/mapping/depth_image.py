# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a depth image says at points of the working image, and how sure that is."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.geometry.camera import in_size
from anycam_ros.geometry.se3 import Array

Depth = NDArray[np.float32]


@dataclass(frozen=True)
class DepthSamplingOptions:
    """Choose what of a depth image counts as measured."""

    nearest_m: float = 0.05          # nearer is noise of the sensor
    farthest_m: float = 200.0        # farther is an infinity that somebody wrote as a number
    radius_px: int = 2               # of the neighbourhood, in working pixels
    known_share: float = 0.5         # of the neighbourhood, at least
    maximum_std: float = 0.25        # relative; what is less sure is no measurement


class DepthSamples(NamedTuple):
    """Hold what a depth image says at N points."""

    inverse_depth: Array           # (N,) 1/m; 0 where unknown
    information: Array             # (N,) inverse variance, m^2; 0 where unknown
    is_known: NDArray[np.bool_]    # (N,)

    def at(self, chosen: NDArray[np.bool_]) -> 'DepthSamples':
        """Return those of the chosen points (N,)."""
        return DepthSamples(self.inverse_depth[chosen], self.information[chosen],
                            self.is_known[chosen])


def sample_depth(depth_m: Depth, positions_px: Array, working_shape: tuple[int, int],
                 noise: DepthNoise, options: DepthSamplingOptions) -> DepthSamples:
    """Return the inverse depths at positions (N, 2) of the working image.

    depth_m is (H, W) of any size, of the same view. A point beside an edge of depth may belong
    to either side: the spread of its neighbourhood adds to its variance, and where there is
    nothing but spread, nothing is known.
    """
    count, inverse = _neighbourhoods(depth_m, positions_px, working_shape, options)
    rows, last = np.arange(len(count)), np.maximum(count - 1, 0)
    low, median, high = (inverse[rows, (share * last).astype(np.int64)]
                         for share in (0.1, 0.5, 0.9))
    spread = 0.5 * (high - low)
    variance = noise.inverse_depth ** 2 + (noise.relative * median) ** 2 + spread ** 2
    is_known = (count > options.known_share * inverse.shape[1]) \
        & (variance < (options.maximum_std * median) ** 2)
    information = np.where(is_known, 1.0 / np.where(is_known, variance, 1.0), 0.0)
    return DepthSamples(np.where(is_known, median, 0.0), information, is_known)


def _neighbourhoods(depth_m: Depth, positions_px: Array, working_shape: tuple[int, int],
                    options: DepthSamplingOptions) -> tuple[NDArray[np.int64], Array]:
    """Return how many pixels around each position have a depth, and their inverses, ascending."""
    height, width = depth_m.shape
    steps = np.arange(-options.radius_px, options.radius_px + 1.0)
    offset = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    where = in_size(positions_px[:, None] + offset, working_shape[::-1], (width, height))
    column, row = np.rint(np.moveaxis(where, -1, 0)).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    z = depth_m[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)].astype(np.float64)
    # A comparison with NaN is false.
    known = inside & (z > options.nearest_m) & (z < options.farthest_m)
    inverse = np.where(known, 1.0 / np.where(known, z, 1.0), np.inf)
    inverse.sort(axis=1)
    return known.sum(axis=1), np.where(np.isfinite(inverse), inverse, 0.0)
