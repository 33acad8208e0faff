# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One step: loss, gradient, update; or nothing at all where they are not finite."""

from contextlib import AbstractContextManager, nullcontext
import math

import numpy as np
import torch
from torch import nn, Tensor

from anycam_ros.training.config import TrainingConfig
from anycam_ros.training.distributed import Group
from anycam_ros.training.schedule import learning_rate
from anycam_ros.training.state import TrainingState
from anycam_ros.training.task import Sample, Task


class Objective(nn.Module):
    """Make the loss one call of a module, as data parallel training wants it.

    The loss may so call the network more than once, and use what else it has.
    """

    def __init__(self, task: Task) -> None:
        """Take the task's network and loss."""
        super().__init__()
        self.network = task.network
        self._task = task

    def forward(self, batch: Sample, step: int) -> dict[str, Tensor]:
        """Return the terms; gradients come from 'total' alone."""
        terms = self._task.loss(self.network, batch, step)
        return {name: term if name == 'total' else term.detach() for name, term in terms.items()}


def set_generators(seed: int, step: int, rank: int) -> None:
    """Set torch's generators for a step of a process; nothing random needs to be stored."""
    words = np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)
    torch.manual_seed(int(words[0]) >> 1)


def take_step(objective: nn.Module, state: TrainingState, batch: Sample, config: TrainingConfig,
              group: Group) -> None:
    """Go one step on; one whose loss or gradient is not finite changes no weight."""
    set_generators(config.seed, state.step, group.rank)
    rate = learning_rate(config, state.step)
    for parameters in state.optimizer.param_groups:
        parameters['lr'] = rate
    buffers = [buffer.clone() for buffer in state.network.buffers()]
    state.optimizer.zero_grad(set_to_none=True)
    with _autocast(config, group.device):
        terms = objective(batch, state.step)
    terms['total'].backward()
    norm = float(nn.utils.clip_grad_norm_(state.network.parameters(),
                                          config.clip_norm or math.inf))
    means = group.mean(terms)
    if math.isfinite(means['total']) and math.isfinite(norm):
        state.optimizer.step()
        state.averaged.update(state.network, state.step)
        state.means.add({'total': means['total'], **means, 'gradient_norm': norm})
        state.skipped_in_a_row = 0
    else:
        for buffer, before in zip(state.network.buffers(), buffers, strict=True):
            buffer.copy_(before)
        state.skipped += 1
        state.skipped_in_a_row += 1
    state.step += 1


def _autocast(config: TrainingConfig, device: torch.device) -> AbstractContextManager[object]:
    is_on = config.amp == 'on' or (config.amp == 'auto' and device.type == 'cuda'
                                   and torch.cuda.is_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16) if is_on else nullcontext()
