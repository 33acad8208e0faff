# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracks of the sliding window, one row each."""

from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array


class NewTracks(NamedTuple):
    """Hold N tracks that start in one key frame."""

    image_px: Array          # (N, 2) in the image
    undistorted_px: Array    # (N, 2) from the principal point
    inverse_depth: Array     # (N,) expected
    information: Array       # (N,) inverse variance of that


def _rows(*shape: int) -> Array:
    return np.zeros((0, *shape))


@dataclass
class TrackTable:
    """Hold N tracks over a window of L key frames, one row each.

    Column j of a track's observations belongs to key frame first_frame + j.
    """

    length: int
    first_frame: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    points_px: Array = field(default_factory=_rows)           # (N, L, 2) undistorted
    weight: Array = field(default_factory=_rows)              # (N, L) 0 = not observed
    inverse_depth: Array = field(default_factory=_rows)       # (N,) in the first frame
    information: Array = field(default_factory=_rows)         # (N,) of the inverse depth
    prior: Array = field(default_factory=_rows)               # (N,) expected inverse depth
    prior_information: Array = field(default_factory=_rows)   # (N,)
    key_px: Array = field(default_factory=_rows)              # (N, 2) in the newest image
    is_active: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    static: Array = field(default_factory=_rows)              # (N,) probability, 1 if not known
    measured: Array = field(default_factory=_rows)            # (N,) inverse depth by a sensor
    measured_information: Array = field(default_factory=_rows)    # (N,) 0 = not measured

    def __post_init__(self) -> None:
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

    def append(self, frame: int, new: NewTracks) -> None:
        """Start tracks at a key frame, which is the newest one."""
        count = len(new.image_px)
        points, weight = np.zeros((count, self.length, 2)), np.zeros((count, self.length))
        points[:, 0], weight[:, 0] = new.undistorted_px, 1.0
        columns = {
            'first_frame': np.full(count, frame), 'points_px': points, 'weight': weight,
            'inverse_depth': new.inverse_depth, 'information': new.information,
            'prior': new.inverse_depth, 'prior_information': new.information,
            'static': np.ones(count), 'key_px': new.image_px,
            'is_active': np.ones(count, np.bool_),
            'measured': new.inverse_depth, 'measured_information': np.zeros(count)}
        for name, values in columns.items():
            setattr(self, name, np.concatenate([getattr(self, name), values]))

    def observe(self, frame: int, chosen: NDArray[np.int64], points_px: Array,
                weight: Array) -> None:
        """Add what the chosen tracks show in a key frame."""
        column = frame - self.first_frame[chosen]
        self.points_px[chosen, column] = points_px
        self.weight[chosen, column] = weight

    def expect(self, chosen: NDArray[np.int64], static: Array) -> None:
        """Take how likely (M,) the chosen tracks are to be static."""
        self.static[chosen] = static

    def measure(self, chosen: NDArray[np.int64], inverse_depth: Array,
                information: Array) -> None:
        """Add what a sensor measured as the inverse depth of the chosen tracks."""
        self.measured[chosen], self.measured_information[chosen] = inverse_depth, information
        total = self.information[chosen] + information
        self.inverse_depth[chosen] += information / total \
            * (inverse_depth - self.inverse_depth[chosen])
        self.information[chosen] = total

    def forget_measurements(self) -> None:
        """Forget the inverse depths that a sensor has measured."""
        self.measured_information = np.zeros(len(self))

    def rescale(self, factor: float) -> None:
        """Multiply every length."""
        self.inverse_depth /= factor
        self.prior /= factor
        self.information *= factor ** 2
        self.prior_information *= factor ** 2
