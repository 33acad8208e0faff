# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Point tracks through key frames (equation 15)."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from anycam_ros.errors import TracksError

Values: TypeAlias = Any    # a numpy array, or a torch tensor on any device


@dataclass(frozen=True, eq=False)
class Tracks:
    """Hold N point tracks of up to L consecutive key frames.

    Column 0 of the observations is where the track is anchored; it has no residual. What is not
    finite counts as not seen.
    """

    first_frame: Values      # (N,) key frame in which each track starts
    points_px: Values        # (N, L, 2) from the principal point, in first_frame + 0 .. L - 1
    weight: Values           # (N, L) at least 0; 0 = not seen (the paper's sigma_max - sigma)
    inverse_depth: Values    # (N,) along the optical axis of the first frame, 1/m or 1/unit

    def __post_init__(self) -> None:
        """Raise TracksError when the shapes do not fit together."""
        shape = tuple(self.points_px.shape)
        if len(shape) != 3 or shape[2] != 2 or shape[1] < 1:
            raise TracksError(f'points_px is {shape}; it must be (N, L, 2) with L at least 1.')
        expected = {'first_frame': shape[:1], 'weight': shape[:2], 'inverse_depth': shape[:1]}
        for name, wanted in expected.items():
            found = tuple(getattr(self, name).shape)
            if found != wanted:
                raise TracksError(
                    f'{name} is {found}; with points_px of {shape} it must be {wanted}.')

    def __len__(self) -> int:
        """Return the number of tracks."""
        return int(self.points_px.shape[0])
