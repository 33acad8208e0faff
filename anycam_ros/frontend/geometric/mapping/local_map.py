# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sliding window: the last key frames and the tracks that tie them together."""

from dataclasses import dataclass, field, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import Array, inverse

CELL_PX = 16
BORDER_PX = 4
NEIGHBOURS = 7
FREE_DEPTH_RATIO = 5.0           # deviation of a depth that is as good as unknown
MAXIMUM_REANCHOR_ERROR_PX = 3.0
MINIMUM_MEASURED = 50            # tracks with measured depth that make a map metric


def _rows(*shape: int) -> Array:
    return np.zeros((0, *shape))


@dataclass
class TrackTable:
    """Hold N tracks over a window of L key frames, one row each.

    Column j of a track's observations belongs to key frame first_frame + j.
    """

    length: int
    first_frame: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    points_px: Array = field(default_factory=_rows)           # (N, L, 2) centred
    weight: Array = field(default_factory=_rows)              # (N, L)
    inverse_depth: Array = field(default_factory=_rows)       # (N,) in the first frame
    information: Array = field(default_factory=_rows)         # (N,) of the inverse depth
    prior: Array = field(default_factory=_rows)               # (N,) expected inverse depth
    prior_information: Array = field(default_factory=_rows)   # (N,)
    key_px: Array = field(default_factory=_rows)              # (N, 2) pixel in the newest image
    is_active: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    measured: Array = field(default_factory=_rows)            # (N,) inverse depth by a sensor
    measured_information: Array = field(default_factory=_rows)    # (N,) 0 = not measured

    def __post_init__(self) -> None:
        """Give the empty table its shapes."""
        if not len(self.first_frame):
            self.points_px = _rows(self.length, 2)
            self.weight, self.key_px = _rows(self.length), _rows(2)

    @property
    def active_rows(self) -> NDArray[np.int64]:
        """Return the rows of the tracks that the newest key frame sees."""
        return np.flatnonzero(self.is_active)

    @property
    def active_px(self) -> Array:
        """Return where (N, 2) the newest key frame sees them."""
        return np.asarray(self.key_px[self.is_active])

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.first_frame)

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Drop every other track."""
        for column in fields(self)[1:]:
            setattr(self, column.name, getattr(self, column.name)[chosen])

    def append(self, frame: int, key_px: Array, points_px: Array, inverse_depth: Array,
               information: Array) -> None:
        """Start tracks at a key frame with an expected inverse depth and its information."""
        count = len(key_px)
        points = np.zeros((count, self.length, 2))
        points[:, 0] = points_px
        weight = np.zeros((count, self.length))
        weight[:, 0] = 1.0
        rows = (np.full(count, frame), points, weight, inverse_depth, information, inverse_depth,
                information, key_px, np.ones(count, np.bool_), inverse_depth,
                np.zeros(count))
        for column, new in zip(fields(self)[1:], rows, strict=True):
            setattr(self, column.name, np.concatenate([getattr(self, column.name), new]))

    def observe(self, frame: int, chosen: NDArray[np.int64], points_px: Array,
                weight: Array) -> None:
        """Add what the chosen tracks show in a key frame."""
        column = frame - self.first_frame[chosen]
        self.points_px[chosen, column] = points_px
        self.weight[chosen, column] = weight

    def measure(self, chosen: NDArray[np.int64], inverse_depth: Array,
                information: Array) -> None:
        """Add what a sensor measured as the inverse depth of the chosen tracks."""
        self.measured[chosen], self.measured_information[chosen] = inverse_depth, information
        total = self.information[chosen] + information
        self.inverse_depth[chosen] += information / total \
            * (inverse_depth - self.inverse_depth[chosen])
        self.information[chosen] = total

    def forget_depths(self) -> None:
        """Forget what a sensor has measured."""
        self.measured_information = np.zeros(len(self))


class LocalMap:
    """Hold up to `length` key frames (world to camera) and the tracks between them."""

    def __init__(self, length: int, camera: ProcessingCamera, shape: tuple[int, int],
                 focal_px: float) -> None:
        """Start empty, for working images of shape (height, width)."""
        self.length = length
        self.focal_px = focal_px
        self.has_slid = False
        self.is_degenerate = False     # steps in it may be turns, and turns steps
        self.T_camera_world: list[Array] = []
        self.images: list[NDArray[np.uint8]] = []
        self.tracks = TrackTable(length)
        self.camera = camera
        self._shape = shape

    @property
    def newest(self) -> int:
        """Return the index of the newest key frame."""
        return len(self.T_camera_world) - 1

    def start(self, reference: NDArray[np.uint8], points_px: Array, points: Array,
              inverse_depth: Array) -> None:
        """Make the first key frame, at the origin of the world, with its tracks."""
        self.T_camera_world.append(np.eye(4))
        self.images.append(reference)
        information = 1.0 / ((FREE_DEPTH_RATIO * inverse_depth) ** 2 + 0.09)
        self.tracks.append(0, points_px, points, inverse_depth, information)

    @property
    def is_metric(self) -> bool:
        """Return whether measured depths hold the scale of the map."""
        return int((self.tracks.measured_information > 0).sum()) >= MINIMUM_MEASURED

    @property
    def is_full(self) -> bool:
        """Return whether the oldest key frame must go before the next one comes."""
        return len(self.T_camera_world) == self.length

    def add(self, image: NDArray[np.uint8], T_camera_world: Array, target_px: Array,
            weight: Array, is_inlier: NDArray[np.bool_]) -> None:
        """Append a key frame with where it shows the active tracks; the others end."""
        tracks, rows = self.tracks, self.tracks.active_rows[is_inlier]
        self.T_camera_world.append(T_camera_world)
        self.images.append(image)
        tracks.is_active[:] = False
        tracks.is_active[rows] = True
        tracks.key_px[rows] = target_px[is_inlier]
        tracks.observe(self.newest, rows, self.camera.centred(target_px[is_inlier]),
                       weight[is_inlier])

    def rescale(self, factor: float) -> None:
        """Multiply every length of the map."""
        for T in self.T_camera_world:
            T[:3, 3] *= factor
        tracks = self.tracks
        tracks.inverse_depth /= factor
        tracks.prior /= factor
        tracks.information *= factor ** 2
        tracks.prior_information *= factor ** 2

    def move_newest_to(self, T_camera_world: Array) -> None:
        """Move all key frames together so that the newest has the pose."""
        T_before_after = inverse(self.T_camera_world[-1]) @ T_camera_world
        self.T_camera_world = [T @ T_before_after for T in self.T_camera_world]

    def drop_oldest(self) -> None:
        """Forget the oldest key frame; its tracks go on from their next observation.

        A track's inverse depth moves along with an information that its old anchor vouches for.
        """
        tracks = self.tracks
        anchored = tracks.first_frame == 0
        goes_on = ~anchored | (tracks.weight[:, 1] > 0)
        moved = np.flatnonzero(anchored & goes_on)
        if len(moved):
            T = self.T_camera_world[1] @ inverse(self.T_camera_world[0])
            d = tracks.inverse_depth[moved]
            point = rays(tracks.points_px[moved, 0], self.focal_px) @ T[:3, :3].T \
                + d[:, None] * T[:3, 3]
            z = np.maximum(point[:, 2], 1e-6)
            error = self.focal_px * point[:, :2] / z[:, None] - tracks.points_px[moved, 1]
            fits = (np.linalg.norm(error, axis=1) < MAXIMUM_REANCHOR_ERROR_PX) & (z > 0.05)
            goes_on[moved[~fits]] = False
            depth = d / z
            trust = np.minimum(0.25 * tracks.information[moved] * z ** 2,
                               1.0 / (0.03 * depth + 0.003) ** 2)
            tracks.inverse_depth[moved] = tracks.prior[moved] = depth
            tracks.information[moved] = tracks.prior_information[moved] = trust
            tracks.points_px[moved] = np.roll(tracks.points_px[moved], -1, axis=1)
            tracks.weight[moved] = np.roll(tracks.weight[moved], -1, axis=1)
            tracks.weight[moved, -1] = 0.0
            tracks.measured_information[moved] = 0.0      # it is a part of that trust
        tracks.first_frame = np.where(anchored, 0, tracks.first_frame - 1)
        tracks.keep(goes_on)
        del self.T_camera_world[0], self.images[0]
        self.has_slid = True

    def seed(self, moving: NDArray[np.uint8]) -> None:
        """Start a track in each cell of the newest image that has none, at its best corner.

        None starts where the mask `moving` (H, W) is set.
        The expected depth is the median of the neighbours', with so wide a deviation that a fresh
        track says where its epipolar line is and hardly more.
        """
        height, width = self._shape
        rows, columns = height // CELL_PX, width // CELL_PX
        tracks = self.tracks
        active = tracks.active_px
        taken = np.zeros((rows, columns), np.bool_)
        cell = (active // CELL_PX).astype(int)
        taken[np.clip(cell[:, 1], 0, rows - 1), np.clip(cell[:, 0], 0, columns - 1)] = True
        corners = best_corners(self.images[-1])
        column, row = np.moveaxis(corners.astype(int), -1, 0)
        taken |= moving[row, column] > 0
        corners = corners[~taken]
        if not len(corners):
            return
        depth, information = self._expected_depth(corners, active)
        tracks.append(self.newest, corners, self.camera.centred(corners), depth, information)

    def _expected_depth(self, corners: Array, active: Array) -> tuple[Array, Array]:
        """Return inverse depth and information for new tracks from the known ones around."""
        if not len(active):
            return np.ones(len(corners)), np.full(len(corners), 1.0)
        known = self.depths_in_newest()
        distance = ((corners[:, None] - active[None]) ** 2).sum(axis=2)
        count = min(NEIGHBOURS, len(active))
        nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
        median = np.median(known[nearest], axis=1)
        variance = (FREE_DEPTH_RATIO * median) ** 2 + (0.3 * np.median(known)) ** 2
        return median, 1.0 / variance

    def depths_in_newest(self) -> Array:
        """Return the inverse depths of the active tracks as the newest key frame sees them."""
        tracks = self.tracks
        active = tracks.active_rows
        T = np.stack(self.T_camera_world)
        T_newest_anchor = (T[-1] @ inverse(T))[tracks.first_frame[active]]
        d = tracks.inverse_depth[active]
        direction = rays(tracks.points_px[active, 0], self.focal_px)
        z = np.einsum('nj,nj->n', T_newest_anchor[:, 2, :3], direction) \
            + d * T_newest_anchor[:, 2, 3]
        return np.asarray(d / np.maximum(z, 0.05))


def best_corners(image: NDArray[np.uint8]) -> Array:
    """Return the pixel (rows, columns, 2) with the best corner response of every cell."""
    height, width = image.shape
    rows, columns = height // CELL_PX, width // CELL_PX
    response = cv2.cornerMinEigenVal(image, 5)
    response[:BORDER_PX], response[-BORDER_PX:] = -1.0, -1.0
    response[:, :BORDER_PX], response[:, -BORDER_PX:] = -1.0, -1.0
    cells = response[:rows * CELL_PX, :columns * CELL_PX].reshape(
        rows, CELL_PX, columns, CELL_PX).swapaxes(1, 2).reshape(rows, columns, -1)
    best = cells.argmax(axis=2)
    corner = np.stack([best % CELL_PX, best // CELL_PX], axis=2).astype(np.float64)
    corner[..., 0] += np.arange(columns) * CELL_PX
    corner[..., 1] += np.arange(rows)[:, None] * CELL_PX
    return corner
