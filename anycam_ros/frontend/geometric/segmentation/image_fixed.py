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
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.resting_cells import CELL_PX, Mask, RestingCells, SIDE
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class ImageFixedOptions:
    """Choose when what rests in a picture counts as fixed to the camera."""

    rest_s: float = 0.25           # for less, parts of any world rest now and then
    moving_share: float = 0.05     # of all cells, that must move for a frame to say anything
    passed_px: float = 16.0        # that what moves goes on beyond an edge: a cell may hold both
    met_cells: int = 10            # that it should have covered or left; or all, of fewer
    smallest_cells: int = 3        # of one part; fewer cost little and may rest by chance
    changed_share: float = 0.25    # of them, that it may have covered: noise does so, too
    incoherent_share: float = 0.5  # of the motion, that one smooth motion may leave unexplained
    suspected_share: float = 0.1   # of the cells with texture; less does not mislead
    observation_s: float = 3.0     # after which what rests is looked at anew
    crossed_s: float = 0.5         # for which it is remembered that things crossed what rests
    loose_frames: int = 3          # in a row, in which a fixed cell moves: it is fixed no more
    blocks: int = 4                # along each side, in which motion is added up
    points: int = 100              # whose motion is followed
    bar_grey: float = 24.0         # black, in a video that calls 16 black; noise on top
    smallest_bars: float = 0.05    # of the cells; a narrower edge does no harm
    bar_spread: float = 1.5        # standard deviation of the grey levels of a cell of a bar
    # Around the cells: half of one that lies across the edge, and half of a patch of flow.
    margin_px: int = 12


class ImageFixed:
    """Find and follow the cells of the picture that are fixed to the camera."""

    def __init__(self, shape: tuple[int, int], options: ImageFixedOptions) -> None:
        """Take the shape (H, W) of the working image."""
        self._shape, self._options = shape, options
        self.cells: Mask = np.zeros((shape[0] // 2 // SIDE, shape[1] // 2 // SIDE), np.bool_)
        self.mask = np.zeros(shape, np.bool_)    # (H, W) what is fixed
        self.suspected = np.zeros(shape, np.bool_)     # (H, W) and what may be
        self.has_grown = False                   # with the newest image
        self._loose = np.zeros(self.cells.shape, np.int64)
        self._observation: _Observation | None = None
        self._before: Image | None = None
        self._edge_moved_s, self._stamp_s = -np.inf, 0.0

    @property
    def is_crossed(self) -> bool:
        """Return whether what moves has lately covered what rested: things before a world."""
        return self._stamp_s - self._edge_moved_s < self._options.crossed_s

    @property
    def share(self) -> float:
        """Return the share of the image that is fixed."""
        return float(self.mask.mean())

    def update(self, cells: RestingCells, half: Image) -> None:
        """Take the newest image in half its size, compared cell by cell."""
        self.has_grown, self._stamp_s = False, cells.stamp_s
        if cells.has_begun:
            self._release(cells)
            self._observe(cells, half)
        self._before = half

    def _release(self, cells: RestingCells) -> None:
        """Let go what moves against the frame after all."""
        moves = self.cells & ~cells.rests
        self._loose = np.where(moves, self._loose + 1, 0)
        lost = self._loose >= self._options.loose_frames
        if lost.any():
            self.cells &= ~lost
            self.mask = self._drawn(self.cells, cells)

    def _observe(self, cells: RestingCells, half: Image) -> None:
        """Take what rests, although the rest should have covered it, to be fixed."""
        options = self._options
        free = ~self.cells
        is_old = cells.rested_s() > options.rest_s
        rests = cells.has_texture & is_old & free
        moves = cells.has_texture & ~cells.rests & free
        self.suspected = self.mask
        if moves.sum() < options.moving_share * moves.size:
            return                               # the whole picture rests: nothing is said
        bars = self._bars(cells, is_old) & free
        is_much = rests.sum() > options.suspected_share * (cells.has_texture & free).sum()
        if is_much or bars.any():
            self.suspected = self._drawn(self.cells | bars | rests if is_much
                                         else self.cells | bars, cells)
        rests = _large(rests | bars, options.smallest_cells)
        seen = self._observation
        if seen is not None and (seen.rested & ~cells.rests).sum() \
                > options.changed_share * min(moves.sum(), seen.rested.sum()):
            self._edge_moved_s = cells.stamp_s
            seen = None
        if seen is None or cells.stamp_s - seen.since_s > options.observation_s \
                or not (seen.rested & rests).any():
            self._observation = _Observation(rests, bars, moves, cells.stamp_s, options)
            return
        assert self._before is not None
        seen.follow(moves, self._before, half)
        found = seen.unharmed(cells.rests) & rests
        if found.any():
            self.cells |= found
            self.mask = self.suspected = self._drawn(self.cells, cells)
            self.has_grown, self._observation = True, None

    def _bars(self, cells: RestingCells, is_old: Mask) -> Mask:
        """Return the cells of bars: black and connected to the border, or a whole side's."""
        options = self._options
        blank = cells.rests & ~cells.has_texture & is_old & (cells.spread < options.bar_spread)
        black = blank & (cells.level < options.bar_grey)
        _, label = cv2.connectedComponents(black.astype(np.uint8), connectivity=4)
        border = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
        bars: Mask = np.isin(label, border[border > 0])
        full = blank | self.cells
        for view, target in ((full, bars), (full[::-1], bars[::-1]),
                             (full.T, bars.T), (full.T[::-1], bars.T[::-1])):
            depth = int(np.argmin(np.append(view.all(axis=1), False)))
            target[:depth] |= view[:depth]
        return np.asarray(bars & (bars.sum() >= options.smallest_bars * bars.size))

    def _drawn(self, chosen: Mask, cells: RestingCells) -> Mask:
        """Return the mask (H, W) of cells, with the gaps that do not move, and a margin."""
        square = np.ones((3, 3), np.uint8)
        closed = cv2.morphologyEx(chosen.astype(np.uint8), cv2.MORPH_CLOSE, square)
        fixed = chosen | ((closed > 0) & cells.rests)
        height, width = self._shape
        pixels = fixed.astype(np.uint8).repeat(CELL_PX, axis=0).repeat(CELL_PX, axis=1)
        rest = [(0, max(length - drawn, 0)) for length, drawn
                in zip(self._shape, pixels.shape, strict=True)]
        margin = 2 * self._options.margin_px + 1
        wide = cv2.dilate(np.pad(pixels, rest, mode='edge'), np.ones((margin, margin), np.uint8))
        return np.asarray(wide[:height, :width] > 0)


class _Observation:
    """Hold what rested when it began, and what has since moved towards it and how far."""

    def __init__(self, rested: Mask, bars: Mask, moved: Mask, since_s: float,
                 options: ImageFixedOptions) -> None:
        self.rested, self.since_s = rested, since_s
        self._bars, self._moved, self._options = bars, moved, options
        self._met = np.zeros_like(rested)    # by what moves, unless its edge stays behind
        self._passed_px = np.zeros((options.blocks ** 2, 2))
        self._motion_px = self._unexplained_px = 0.0

    def follow(self, moves: Mask, before: Image, half: Image) -> None:
        """Add up how the moving cells have moved since the image before, block by block."""
        options = self._options
        row, column = np.nonzero(moves)
        chosen = np.linspace(0, len(row) - 1, min(options.points, len(row))).astype(int)
        points = (np.column_stack([column[chosen], row[chosen]]) + 0.5) * SIDE
        start = np.ascontiguousarray(points[:, None], np.float32)
        found, is_found, _ = cv2.calcOpticalFlowPyrLK(
            before, half, start, start.copy(),
            winSize=(2 * SIDE - 1, 2 * SIDE - 1), maxLevel=3)
        good = is_found[:, 0] > 0
        points, flow_px = points[good], 2 * (found[good, 0] - points[good])
        if len(points) < 10:
            return
        motion_px, unexplained_px = _motion(points, flow_px)
        self._motion_px += motion_px
        self._unexplained_px += unexplained_px
        block = self._block((points[:, 1] / SIDE).astype(int), (points[:, 0] / SIDE).astype(int))
        for index in np.unique(block):
            there = np.sort(flow_px[block == index], axis=0)
            self._passed_px[index] += there[len(there) // 2]
        self._meet(moves)

    def unharmed(self, rests: Mask) -> Mask:
        """Return what rests although what moves should have covered or left a good part of it."""
        options, fixed = self._options, np.zeros_like(rests)
        if self._unexplained_px > options.incoherent_share * self._motion_px:
            return fixed
        count, label = cv2.connectedComponents(self.rested.astype(np.uint8), connectivity=8)
        label[self._bars] = count        # all bars are of one make
        count += 1
        size, met, changed = (np.bincount(label[chosen & self.rested], minlength=count)
                              for chosen in (self.rested, self._met, self._met & ~rests))
        is_fixed = (met > 0) & (met >= np.minimum(options.met_cells, size)) \
            & (changed <= options.changed_share * met)
        return np.asarray(self.rested & is_fixed[label])

    def _meet(self, moves: Mask) -> None:
        """Find the cells that what moves should have covered by now, and that it came from.

        What it left behind should rest by now; where that moves, the cell is met, too.
        """
        rows, columns = self._moved.shape
        row, column = np.nonzero(self._moved)
        passed_px = self._passed_px[self._block(row, column)]
        length_px = np.linalg.norm(passed_px, axis=1, keepdims=True)
        sure = passed_px * np.maximum(1 - self._options.passed_px / np.maximum(length_px, 1e-9), 0)
        step = np.rint(sure / CELL_PX).astype(int)
        still = moves[row, column]
        for sign, chosen in ((1, np.ones_like(still)), (-1, still)):
            x, y = (np.column_stack([column, row]) + sign * step)[chosen].T
            inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
            self._met[y[inside], x[inside]] = True

    def _block(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
        rows, columns = self._moved.shape
        blocks = self._options.blocks
        return np.asarray(row * blocks // rows * blocks + column * blocks // columns)


def _large(cells: Mask, smallest: int) -> Mask:
    """Return the cells of the connected parts that are not too small."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    return np.asarray(cells & (stats[:, cv2.CC_STAT_AREA] >= smallest)[label])


def _motion(points: Array, flow_px: Array) -> tuple[float, float]:
    """Return the median motion, and what one smooth (affine) motion leaves of it."""
    terms = np.column_stack([np.ones(len(points)), points])
    weight = np.ones(len(points))
    for _ in range(3):
        weighted = weight[:, None] * terms
        model = np.linalg.solve(weighted.T @ terms + 1e-9 * np.eye(3), weighted.T @ flow_px)
        left_px = np.linalg.norm(flow_px - terms @ model, axis=1)
        weight = 1 / (1 + (left_px / max(float(np.median(left_px)), 0.1)) ** 2)
    return float(np.median(np.linalg.norm(flow_px, axis=1))), float(np.median(left_px))

