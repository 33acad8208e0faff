# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training in several processes, as torchrun starts them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
import os
from typing import Any, TypeVar

import torch
from torch import distributed, nn, Tensor
from torch.nn.parallel import DistributedDataParallel

from anycam_ros.devices import choose_device
from anycam_ros.errors import ConfigError

Value = TypeVar('Value')

# The others wait while the first prepares data and validates.
PATIENCE = timedelta(days=1)


@dataclass(frozen=True)
class Group:
    """Hold which of how many processes this is, and where it computes."""

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Return whether this is the process that reads, writes and reports."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Return a module whose gradients are the mean over all processes."""
        if self.size == 1:
            return module
        # Weights that a loss leaves out would stop the exchange.
        return DistributedDataParallel(module, find_unused_parameters=True)

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        """Return the means of scalars over all processes."""
        names = sorted(values)
        total = torch.stack([values[name].detach().double() for name in names])
        if self.size > 1:
            distributed.all_reduce(total)
        return dict(zip(names, (total / self.size).tolist(), strict=True))

    def any(self, flag: bool) -> bool:
        """Return whether any process says so."""
        if self.size == 1:
            return flag
        flags = torch.tensor(float(flag), device=self.device)
        distributed.all_reduce(flags)
        return flags.item() > 0

    def wait(self) -> None:
        """Return when all processes are here."""
        if self.size > 1:
            distributed.barrier()

    def from_first(self, make: Callable[[], Value]) -> Value:
        """Return what the first process makes, in all of them."""
        if self.size == 1:
            return make()
        values: list[Any] = [make() if self.is_first else None]
        distributed.broadcast_object_list(values)
        value: Value = values[0]
        return value

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Let the first process through, and the others when it is done."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()


@contextmanager
def process_group() -> Iterator[Group]:
    """Join the processes that torchrun has started; without it there is this one alone.

    Raises ConfigError where a machine has more processes than GPUs.
    """
    size, device = int(os.environ.get('WORLD_SIZE', '1')), choose_device('auto')
    if size == 1:
        yield Group(0, 1, device)
        return
    local = int(os.environ['LOCAL_RANK'])
    if device.type == 'cuda':
        if local >= torch.cuda.device_count():
            raise ConfigError(f'there are more processes than the {torch.cuda.device_count()} '
                              'GPUs of this machine. Give torchrun --nproc-per-node as many.')
        device = torch.device('cuda', local)
        torch.cuda.set_device(device)
    distributed.init_process_group('nccl' if device.type == 'cuda' else 'gloo', timeout=PATIENCE)
    try:
        yield Group(int(os.environ['RANK']), size, device)
    finally:
        distributed.destroy_process_group()
