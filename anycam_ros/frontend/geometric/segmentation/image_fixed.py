# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What never moves against the frame: the robot's own parts, bars, displays, dirt.

Where the camera moves, what rests in the picture is fixed to the camera; where it stands, what
rests is the world and what moves are things. The two are told apart by the edge between what
rests and what moves: a thing that moves on by some cells takes its edge along, covers what rested
and lets what it leaves come to rest; before the hood of a robot the world moves on and the edge
stays. And the world moves as one, which a crowd does not.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.resting_cells import CELL_PX, Mask, RestingCells
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class ImageFixedOptions:
    """Choose when what rests in a picture counts as fixed to the camera."""

    rest_s: float = 0.25           # for less, parts of any world rest now and then
    moving_share: float = 0.05     # of all cells, that must move for a frame to say anything
    passed_cells: float = 3.0      # by which the rest moves on before the edge counts as fixed
    changed_share: float = 0.25    # of the moving cells, that what rests may gain or lose
    incoherent_share: float = 0.5  # of the motion, that one smooth motion may leave unexplained
    suspected_share: float = 0.1   # of the cells with texture; less does not mislead
    suspicion_s: float = 3.0       # for which a map waits for the answer
    loose_frames: int = 3          # in a row, in which a fixed cell moves: it is fixed no more
    blocks: int = 4                # along each side, in which motion is added up
    points: int = 100              # whose motion is followed
    bar_grey: float = 24.0         # black, in a video that calls 16 black; noise on top
    bar_spread: float = 3.0        # standard deviation of the grey levels of a cell of a bar
    margin_cells: int = 1          # around what is fixed: its edge is part of no whole cell


class ImageFixed:
    """Find and follow the cells of the picture that are fixed to the camera."""

    def __init__(self, shape: tuple[int, int], options: ImageFixedOptions) -> None:
        """Take the shape (H, W) of the working image."""
        self._shape, self._options = shape, options
        self.cells: Mask = np.zeros((shape[0] // 2 // (CELL_PX // 2),
                                     shape[1] // 2 // (CELL_PX // 2)), np.bool_)
        self.mask = np.zeros(shape, np.bool_)    # (H, W) what is left out
        self.has_grown = False                   # with the newest image
        self._loose = np.zeros(self.cells.shape, np.int64)
        self._before: Image | None = None
        self._suspected_since_s: float | None = None
        self._stamp_s = 0.0
        self._forget()

    @property
    def share(self) -> float:
        """Return the share of the image that is left out."""
        return float(self.mask.mean())

    @property
    def is_undecided(self) -> bool:
        """Return whether much rests while the rest moves, and it is open which of them is fixed."""
        since_s = self._suspected_since_s
        return since_s is not None and self._stamp_s - since_s < self._options.suspicion_s

    def update(self, cells: RestingCells, half: Image) -> None:
        """Take the newest image in half its size, compared cell by cell."""
        self._stamp_s, self.has_grown = cells.stamp_s, False
        if cells.has_begun:
            self._release(cells)
            self._observe(cells, half)
        self._before = half

    def _forget(self) -> None:
        """Observe anew."""
        self._rested: Mask | None = None         # when the observation began
        self._since_s = 0.0
        self._passed_px = np.zeros((self._options.blocks ** 2, 2))
        self._motion_px = self._unexplained_px = 0.0

    def _release(self, cells: RestingCells) -> None:
        """Let go what moves against the frame after all."""
        moves = self.cells & ~cells.rests
        self._loose = np.where(moves, self._loose + 1, 0)
        lost = self._loose >= self._options.loose_frames
        if lost.any():
            self.cells &= ~lost
            self._draw(cells)

    def _observe(self, cells: RestingCells, half: Image) -> None:
        """Take what rests while the rest of the picture moves on to be fixed."""
        options = self._options
        rests = cells.has_texture & (cells.rested_s() > options.rest_s) & ~self.cells
        moves = cells.has_texture & ~cells.rests & ~self.cells
        if moves.sum() < options.moving_share * moves.size:
            self._suspect(is_suspect=False)
            return
        share = rests.sum() / max((cells.has_texture & ~self.cells).sum(), 1)
        self._suspect(is_suspect=share > options.suspected_share)
        if self._rested is None or self._has_changed(rests, moves):
            self._forget()
            self._rested, self._since_s = rests, cells.stamp_s
            return
        self._follow(moves, half)
        passed_px = np.linalg.norm(self._passed_px, axis=1)
        if np.median(passed_px[passed_px > 0]) < options.passed_cells * CELL_PX \
                if (passed_px > 0).any() else True:
            return
        if self._unexplained_px < options.incoherent_share * self._motion_px:
            self._fix(cells, rests & self._rested)
        self._forget()

    def _suspect(self, *, is_suspect: bool) -> None:
        if not is_suspect:
            self._suspected_since_s = None
        elif self._suspected_since_s is None:
            self._suspected_since_s = self._stamp_s

    def _has_changed(self, rests: Mask, moves: Mask) -> bool:
        """Return whether the edge of what moves has moved itself."""
        assert self._rested is not None
        changed = (self._rested & moves) | (rests & ~self._rested)
        return bool(changed.sum() > self._options.changed_share * moves.sum())

    def _follow(self, moves: Mask, half: Image) -> None:
        """Add up how the moving cells have moved since the image before, block by block."""
        assert self._before is not None
        options = self._options
        row, column = np.nonzero(moves)
        chosen = np.linspace(0, len(row) - 1, min(options.points, len(row))).astype(int)
        side = CELL_PX // 2
        points = (np.column_stack([column[chosen], row[chosen]]) + 0.5) * side
        found, is_found, _ = cv2.calcOpticalFlowPyrLK(
            self._before, half, np.ascontiguousarray(points[:, None], np.float32), None,
            winSize=(2 * side - 1, 2 * side - 1), maxLevel=3)
        good = is_found[:, 0] > 0
        points, flow_px = points[good], 2 * (found[good, 0] - points[good])
        if len(points) < 10:
            return
        motion_px, unexplained_px = _motion(points, flow_px)
        self._motion_px += motion_px
        self._unexplained_px += unexplained_px
        rows, columns = moves.shape
        block = (points[:, 1] / side).astype(int) * options.blocks // rows * options.blocks \
            + (points[:, 0] / side).astype(int) * options.blocks // columns
        for index in np.unique(block):
            self._passed_px[index] += np.median(flow_px[block == index], axis=0)

    def _fix(self, cells: RestingCells, found: Mask) -> None:
        is_bar = self._bars(cells, found | self.cells)
        new = (found | is_bar) & ~self.cells
        if new.any():
            self.cells |= new
            self.has_grown = True
            self._suspect(is_suspect=False)
            self._draw(cells)

    def _bars(self, cells: RestingCells, fixed: Mask) -> Mask:
        """Return the cells of bars: black and connected to the border, or a whole side's."""
        options = self._options
        blank = cells.rests & ~cells.has_texture & (cells.since_s <= self._since_s) \
            & (cells.spread < options.bar_spread)
        black = blank & (cells.level < options.bar_grey)
        _, label = cv2.connectedComponents(black.astype(np.uint8), connectivity=4)
        border = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
        bars: Mask = np.isin(label, border[border > 0])
        full = blank | fixed
        for view, target in ((full, bars), (full[::-1], bars[::-1]),
                             (full.T, bars.T), (full.T[::-1], bars.T[::-1])):
            depth = int(np.argmin(np.append(view.all(axis=1), False)))
            target[:depth] |= view[:depth]
        return bars

    def _draw(self, cells: RestingCells) -> None:
        """Make the mask: what is fixed, with the gaps in it that do not move, and a margin."""
        square = np.ones((3, 3), np.uint8)
        closed = cv2.morphologyEx(self.cells.astype(np.uint8), cv2.MORPH_CLOSE, square)
        fixed = self.cells | ((closed > 0) & cells.rests)
        margin = 2 * self._options.margin_cells + 1
        wide = cv2.dilate(fixed.astype(np.uint8), np.ones((margin, margin), np.uint8)) > 0
        row, column = (np.minimum(np.arange(length) // CELL_PX, count - 1)
                       for length, count in zip(self._shape, wide.shape, strict=True))
        self.mask = wide[row[:, None], column]


def _motion(points: Array, flow_px: Array) -> tuple[float, float]:
    """Return the median motion, and what one smooth (affine) motion leaves of it."""
    terms = np.column_stack([np.ones(len(points)), points])
    weight = np.ones(len(points))
    for _ in range(4):
        root = np.sqrt(weight)[:, None]
        model = np.linalg.lstsq(root * terms, root * flow_px, rcond=None)[0]
        left_px = np.linalg.norm(flow_px - terms @ model, axis=1)
        weight = 1 / (1 + (left_px / max(float(np.median(left_px)), 0.1)) ** 2)
    return float(np.median(np.linalg.norm(flow_px, axis=1))), float(np.median(left_px))

