# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights that every official checkpoint holds and the network never reads.

They are kept so that a checkpoint can be checked to the last entry, and written back.
"""

import torch
from torch import nn

from anycam_ros.networks.anycam import pose_token, uncertainty_branch
from anycam_ros.networks.anycam.config import NetworkConfig


class UnusedWeights(nn.Module):
    """Hold them; their gradients stay None."""

    def __init__(self, config: NetworkConfig) -> None:
        """Make what has no place in the other modules."""
        super().__init__()
        width = config.fusion_channels
        # Masked patches occur in DINOv2's own training only.
        self.mask_token = nn.Parameter(torch.zeros(1, config.channels))
        # The coarsest level has nothing to be added to, so the unit before the sum is idle.
        self.coarsest_image_unit = uncertainty_branch.ResidualUnit(width)
        self.coarsest_token_unit = pose_token.ResidualUnit(width)
        # The first projection of the tokens is used twice, the last one never.
        self.last_token_projection = nn.Linear(width, width)
