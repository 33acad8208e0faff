# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What changes from step to step of a training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from anycam_ros.errors import ConfigError
from anycam_ros.training.config import differences, TrainingConfig
from anycam_ros.training.ema import AveragedNetwork
from anycam_ros.training.log import RunningMeans
from anycam_ros.training.weights import put_weights


class TrainingState:
    """Hold networks, optimiser and counts; what is random follows from seed and step."""

    def __init__(self, network: nn.Module, config: TrainingConfig) -> None:
        """Start at step 0 from a network on its device."""
        self.network = network
        self.averaged = AveragedNetwork(network, config.ema_decay)
        self.optimizer = torch.optim.AdamW(
            [weight for weight in network.parameters() if weight.requires_grad],
            lr=config.learning_rate, weight_decay=config.weight_decay)
        self.step = 0                  # steps that are done
        self.seconds = 0.0             # of all runs together
        self.skipped = 0               # steps whose loss or gradient was not finite
        self.skipped_in_a_row = 0
        self.means = RunningMeans()    # since the last row of the log

    def content(self, identity: Mapping[str, Any]) -> dict[str, Any]:
        """Return what goes into a checkpoint."""
        return {
            'identity': dict(identity), 'step': self.step, 'seconds': self.seconds,
            'network': dict(self.network.state_dict()),
            'averaged': dict(self.averaged.network.state_dict()),
            'optimizer': self.optimizer.state_dict(),
            'skipped': self.skipped, 'skipped_in_a_row': self.skipped_in_a_row,
            'means': self.means.state(),
        }

    def load(self, content: Mapping[str, Any], identity: Mapping[str, Any], path: Path) -> None:
        """Go on from a checkpoint.

        Raises ConfigError with each key where it is of another configuration, and WeightsError
        where the network has changed since.
        """
        different = differences(content['identity'], identity)
        if different:
            raise ConfigError(f'{path} is of another configuration: {"; ".join(different)}. '
                              'Choose another --output, or set them as they were.')
        put_weights(self.network, content['network'], path)
        put_weights(self.averaged.network, content['averaged'], path)
        self.optimizer.load_state_dict(content['optimizer'])
        self.step, self.seconds = content['step'], content['seconds']
        self.skipped = content['skipped']
        self.skipped_in_a_row = content['skipped_in_a_row']
        self.means.load(content['means'])
