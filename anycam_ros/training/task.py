# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What can be trained: the protocol of a task, and the tasks by name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, runtime_checkable, TypeAlias

import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn, Tensor
from torch.utils.data import Dataset

from anycam_ros.errors import ConfigError

Sample: TypeAlias = dict[str, Tensor]


@runtime_checkable
class OrderedSamples(Protocol):
    """Say which samples come when; others come in random order, all once in each epoch."""

    epoch_samples: int

    def epoch_order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return the indices of the samples of an epoch (epoch_samples,)."""


class Task(Protocol):
    """Say what is learned, from what, and how it is judged."""

    network: nn.Module

    def samples(self) -> Dataset[Sample]:
        """Return the samples, each without the dimension of the batch.

        It has a length, and an index always gives the same sample, in whichever process. It can
        be pickled where Python starts the processes that load samples anew (3.14).
        """

    def loss(self, network: nn.Module, batch: Sample, step: int) -> dict[str, Tensor]:
        """Return scalar terms for a batch on the device; 'total' is minimised.

        Each is a mean over the batch, so that the mean over several processes is that of the
        whole batch. The names may depend on the step alone. What is random comes from torch's
        own generators, which are set before each step.
        """

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Return figures on data that is kept back.

        It is called with the averaged weights in evaluation mode, without gradients.
        """


MakeTask: TypeAlias = Callable[[Mapping[str, object], torch.device], Task]


def _from(module: str) -> MakeTask:
    """Return a make_task() that imports its module when it is called."""
    def make(options: Mapping[str, object], device: torch.device) -> Task:
        task: Task = import_module(module).make_task(options, device)
        return task
    return make


TASKS: dict[str, MakeTask] = {
    'anycam': _from('anycam_ros.training.anycam.task'),
    'motion_weights': _from('anycam_ros.training.motion_weights.task'),
}


def find_task(name: str) -> MakeTask:
    """Return what makes a task; raises ConfigError for a name that does not exist."""
    if name not in TASKS:
        raise ConfigError(f'task is {name!r}; allowed: one of {", ".join(map(repr, TASKS))}.')
    return TASKS[name]
