# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Segments as samples of one size."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.utils.data import Dataset

from anycam_ros.training.motion_weights.segment_cache import read_segment
from anycam_ros.training.motion_weights.tracked_clip import STEPS

SHAPE = 72, 112          # of the network's grid: what every sample is cut or filled up to


class SegmentDataset(Dataset[dict[str, Tensor]]):
    """Read segments; each is always cut at the same place."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self._files)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return a segment of T frames.

        inputs (T, C, h, w); came_by (T, 2, h, w); has_past (T,); error, moving, weight (T, h, w);
        focal (). weight is 0 where nobody could tell what moves, and beyond the picture.
        """
        segment = read_segment(self._files[index])
        rng = np.random.default_rng(index)
        at = tuple(int(rng.integers(max(have - want, 0) + 1)) for have, want in
                   zip(segment.moving.shape[1:], SHAPE, strict=True))

        def cut(array: NDArray[np.generic]) -> NDArray[np.generic]:
            part = array[..., at[0]:at[0] + SHAPE[0], at[1]:at[1] + SHAPE[1]]
            missing = [want - have for want, have in zip(SHAPE, part.shape[-2:], strict=True)]
            return np.pad(part, [(0, 0)] * (part.ndim - 2) + [(0, each) for each in missing])

        def real(array: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(cut(array)).astype(np.float32))

        return {'inputs': real(segment.inputs) / STEPS, 'came_by': real(segment.came_by),
                'has_past': torch.from_numpy(segment.has_past), 'error': real(segment.error),
                'moving': real(segment.moving) / 255, 'weight': real(segment.is_told),
                'focal': torch.tensor(float(segment.focal))}
