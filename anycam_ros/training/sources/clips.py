# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clips of consecutive frames from the cache, and the order in which data sets join."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.utils.data import Dataset

from anycam_ros.training.sources.frame_cache import FrameCache
from anycam_ros.training.task import Sample

Indices = NDArray[np.int64]


def clip_starts(frames: Mapping[int, bool], length: int) -> Indices:
    """Return the frames from which on a clip of a length has flow from each frame to the next.

    frames says of each frame whether one comes right before it.
    """
    starts, first = [], 0
    for index in sorted(frames):
        if not (frames[index] and index - 1 in frames):
            first = index
        if index - first + 1 >= length:
            starts.append(index - length + 1)
    return np.array(starts, np.int64)


def split(frames: Mapping[int, bool], kept_back: float) -> tuple[dict[int, bool], dict[int, bool]]:
    """Return the frames to train on, and the share of a recording at its end that is kept back."""
    ordered = sorted(frames)
    count = len(ordered) - round(kept_back * len(ordered))
    training, rest = ({index: frames[index] for index in part}
                      for part in (ordered[:count], ordered[count:]))
    return training, rest


class Clips(Dataset[Sample]):
    """Give clips of several data sets.

    A sample has images (n, 3, S, S) uint8; forward_flow and backward_flow (n - 1, 2, S, S), px,
    of frame i to i + 1 and back; depth (n, 1, S, S), m, where there is any. Floats are float16.
    """

    def __init__(self, datasets: Sequence[Sequence[tuple[FrameCache, Indices]]], length: int,
                 epoch_samples: int) -> None:
        """Take, per data set, its recordings with the frames at which clips of a length start."""
        self._length, self.epoch_samples = length, epoch_samples
        self._caches = [cache for dataset in datasets for cache, _ in dataset]
        starts = [found for dataset in datasets for _, found in dataset]
        self._recording = np.repeat(np.arange(len(starts)), [len(found) for found in starts])
        self._start = np.concatenate([np.empty(0, np.int64), *starts])
        sizes = [sum(len(found) for _, found in dataset) for dataset in datasets]
        self._ends = np.cumsum([size for size in sizes if size])

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self._start)

    def __getitem__(self, index: int) -> Sample:
        """Return one clip."""
        cache, first = self._caches[self._recording[index]], int(self._start[index])
        frames = [cache.get(number) for number in range(first, first + self._length)]
        sample = {
            'images': torch.from_numpy(np.stack([frame.image for frame in frames]))
            .permute(0, 3, 1, 2),
            'forward_flow': _flow([frame.forward_px for frame in frames[1:]]),
            'backward_flow': _flow([frame.backward_px for frame in frames[1:]])}
        depths_m = [frame.depth_m for frame in frames if frame.depth_m is not None]
        if len(depths_m) == len(frames):
            sample['depth'] = torch.from_numpy(np.stack(depths_m))[:, None]
        return sample

    def epoch_order(self, seed: int, epoch: int) -> Indices:
        """Return the clips of an epoch (epoch_samples,).

        One data set more takes part in each epoch until all do; each has the same share
        (supplement, section C), in which none of its clips comes twice before all came once.
        """
        rng = np.random.default_rng((seed, epoch))
        ends = self._ends[:epoch + 1]
        shares = np.diff(np.linspace(0, self.epoch_samples, len(ends) + 1).round().astype(int))
        chosen, first = [], 0
        for end, share in zip(ends, shares, strict=True):
            rounds = -(-share // (end - first))
            clips = np.concatenate([np.arange(first, end)[rng.permutation(end - first)]
                                    for _ in range(rounds)])
            chosen.append(clips[:share])
            first = end
        return np.asarray(rng.permutation(np.concatenate(chosen)), np.int64)


def _flow(flows_px: Sequence[NDArray[np.float16] | None]) -> Tensor:
    known = [flow for flow in flows_px if flow is not None]
    return torch.from_numpy(np.stack(known)).permute(0, 3, 1, 2)
