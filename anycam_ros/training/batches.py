# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The samples of each step: a function of seed and step, so that a training can go on anywhere."""

from collections.abc import Iterator
from functools import lru_cache, partial
import signal
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from anycam_ros.errors import ConfigError
from anycam_ros.training.config import TrainingConfig
from anycam_ros.training.distributed import Group
from anycam_ros.training.task import OrderedSamples, Sample


def epoch_order(samples: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of all samples in an epoch (samples,)."""
    return np.random.default_rng((seed, epoch)).permutation(samples)


class StepBatches(Sampler[list[int]]):
    """Give this process's share of each step's batch, from a step on.

    Epoch follows epoch without a gap: no sample is left out, and a batch may have more samples
    than there are.
    """

    def __init__(self, samples: int | OrderedSamples, config: TrainingConfig, group: Group,
                 first: int) -> None:
        """Take the number of samples, or those with an order of their own; and the first step."""
        if config.batch_size % group.size:
            raise ConfigError(f'batch_size is {config.batch_size}; allowed: a multiple of the '
                              f'{group.size} processes.')
        self._config = config
        if isinstance(samples, OrderedSamples):
            self._samples, order = samples.epoch_samples, samples.epoch_order
        else:
            self._samples, order = samples, partial(epoch_order, samples)
        # A batch may reach from one epoch into the next.
        self._order = lru_cache(maxsize=2)(partial(order, config.seed))
        self._share = config.batch_size // group.size
        self._rank, self._first = group.rank, first

    def __iter__(self) -> Iterator[list[int]]:
        return map(self.batch, range(self._first, self._config.steps))

    def __len__(self) -> int:
        return self._config.steps - self._first

    def batch(self, step: int) -> list[int]:
        """Return the indices of the samples of a step."""
        start = step * self._config.batch_size + self._rank * self._share
        return [int(self._order(position // self._samples)[position % self._samples])
                for position in range(start, start + self._share)]


def load_batches(samples: Dataset[Sample], config: TrainingConfig, group: Group,
                 first: int) -> Iterator[Sample]:
    """Return the batches of all steps from one on, on the device.

    Raises ConfigError where there is no sample.
    """
    count = len(cast('Any', samples))
    if count == 0:
        raise ConfigError(f'task {config.task!r} has no samples to train on. Check its options.')
    loader = DataLoader(
        samples, batch_sampler=StepBatches(
            samples if isinstance(samples, OrderedSamples) else count, config, group, first),
        num_workers=config.workers, worker_init_fn=_start_worker,
        pin_memory=group.device.type == 'cuda',
        generator=torch.Generator())    # the loader would draw from that of the loss
    for batch in loader:
        yield {name: value.to(group.device, non_blocking=True) for name, value in batch.items()}


def _start_worker(_number: int) -> None:
    """Leave signals to the training, which ends its workers, and cores to the other workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cv2.setNumThreads(0)
