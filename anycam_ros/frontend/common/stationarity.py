# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stationarity: enough of the picture rests exactly, all over it, and does not drift together."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.resting_cells import Mask, RestingCells
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class StationarityOptions:
    """Choose when a camera counts as stationary."""

    minimum_share: float = 0.2     # of the cells with texture, that must rest: a crowd covers more
    blocks: int = 4                # along each side of the picture, in which they must rest
    block_share: float = 0.1       # of a block's cells that rest, for the block to count
    minimum_blocks: float = 0.6    # share of the blocks with texture: all over the picture
    certain_share: float = 0.5     # of all cells, wherever they rest: no block is asked then
    # Of share and blocks, where things are seen to cross what rests: nothing then speaks for
    # parts of the robot before a world that moves, which the blocks are asked for.
    crossed_ratio: float = 0.5
    minimum_cells: int = 10        # with texture, that must rest
    # What all resting cells move together is known far better than what one does: this is four
    # times what a bolted camera shows over ten seconds.
    drift_px: float = 0.08
    drift_std: float = 4.0         # and that many standard deviations of the median
    rest_s: float = 0.2            # before it counts; a pause is no rest
    creep_ratio: float = 1.5       # of that time to what the last creep took to show
    maximum_rest_s: float = 2.0    # of it; slower creep is held and let go in turn
    reference_s: float = 2.0       # of rest, after which not even a creep is to be expected


DEFAULT = StationarityOptions()


class StationarityDetector:
    """Say whether the camera is stationary, so that noise is not integrated into a walk.

    The comparison is with how the picture looked when the camera came to rest, not with the frame
    before: a creep adds up and is noticed at any rate. At the start the camera is held to rest
    until it is seen to move.
    """

    def __init__(self, options: StationarityOptions = DEFAULT) -> None:
        self._options = options
        self._rests_since_s = -np.inf
        self._required_s = options.rest_s
        self.is_stationary = True
        self._stamp_s = 0.0

    @property
    def is_at_rest_for_long(self) -> bool:
        """Return whether the camera has rested for so long that it does not creep either."""
        return self.is_stationary and bool(
            self._stamp_s - self._rests_since_s > self._options.reference_s)

    def update(self, cells: RestingCells, half: Image, is_left_out: Mask, *,
               is_crossed: bool = False) -> bool:
        """Take an image (half its size), compared cell by cell; return whether the camera rests.

        Cells (rows, columns) that never move against the frame are left out. is_crossed is
        whether things are seen to cross what rests.
        """
        self._stamp_s = cells.stamp_s
        if not cells.has_begun:
            return self.is_stationary
        rests = cells.rests & ~is_left_out
        if self._drifts(cells.moved_px[rests & cells.has_texture]):
            # What took so long to show may still go on.
            elapsed_s = cells.stamp_s - max(self._rests_since_s, 0.0)
            self._required_s = min(max(self._options.rest_s,
                                       self._options.creep_ratio * elapsed_s),
                                   self._options.maximum_rest_s)
            cells.restart(half)
            rests = np.zeros_like(rests)
        ratio = self._options.crossed_ratio if is_crossed else 1.0
        if not self._is_enough(rests, cells.has_texture, ~is_left_out, ratio):
            self._rests_since_s = cells.stamp_s
            self.is_stationary = False
            return False
        old = rests & (cells.rested_s() >= self._required_s)
        self.is_stationary = self._is_enough(old, cells.has_texture, ~is_left_out, ratio)
        return self.is_stationary

    def _drifts(self, moved_px: Array) -> bool:
        """Return whether the cells that rest (N, 2) move together."""
        options = self._options
        if len(moved_px) < options.minimum_cells:
            return False
        drift = np.median(moved_px, axis=0)
        std = MEDIAN_TO_STD * np.median(np.abs(moved_px - drift), axis=0) \
            * np.sqrt(np.pi / 2 / len(moved_px))
        return bool((np.abs(drift) > np.maximum(options.drift_px, options.drift_std * std)).any())

    def _is_enough(self, rests: Mask, has_texture: Mask, counts: Mask, ratio: float) -> bool:
        """Return whether enough of the cells that count rest, and all over the picture.

        Only texture shows that something rests; but what has none and changes does not.
        """
        options = self._options
        is_certain = rests.sum() >= options.certain_share * counts.sum()
        rests, counts = rests & has_texture, counts & has_texture
        if rests.sum() < max(options.minimum_cells,
                             ratio * options.minimum_share * counts.sum()):
            return False
        if is_certain:
            return True
        rest, all_cells = _by_block(rests, options.blocks), _by_block(counts, options.blocks)
        is_seen = all_cells >= 3
        stands = is_seen & (rest > options.block_share * all_cells)
        return bool(stands.sum() >= ratio * options.minimum_blocks * max(is_seen.sum(), 1))


def _by_block(cells: Mask, blocks: int) -> Array:
    """Return how many cells are set in each block (blocks, blocks) of the picture."""
    rows, columns = cells.shape
    row = np.arange(rows)[:, None] * blocks // rows
    column = np.arange(columns)[None] * blocks // columns
    return np.bincount((row * blocks + column)[cells], minlength=blocks ** 2).astype(float)
