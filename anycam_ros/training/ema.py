# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The average of the weights over the last steps: better and calmer than the last ones alone."""

from copy import deepcopy

import torch
from torch import nn


class AveragedNetwork:
    """Hold a second network whose weights are an exponential moving average of the first's."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Start from a network's weights; decay is the share that one step keeps."""
        self._decay = decay
        self.network = deepcopy(network).eval().requires_grad_(False)

    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step, counted from 0; early steps take in more."""
        share = 1 - min(self._decay, (1 + step) / (10 + step))
        latest = network.state_dict()
        with torch.no_grad():
            for name, averaged in self.network.state_dict().items():
                if averaged.is_floating_point():
                    averaged.lerp_(latest[name], share)
                else:
                    averaged.copy_(latest[name])
