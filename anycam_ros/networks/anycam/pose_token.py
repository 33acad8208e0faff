# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose token: what the summary tokens of a frame's feature levels say about its motion."""

from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.networks.anycam.config import LEVELS, NetworkConfig


class PoseToken(nn.Module):
    """Fuse the summary tokens of all levels, as DPT fuses images."""

    def __init__(self, config: NetworkConfig) -> None:
        """Make the layers."""
        super().__init__()
        width = config.fusion_channels
        self.reassemble = nn.ModuleList(
            nn.Sequential(nn.Linear(config.channels, neck), nn.Linear(neck, width))
            for neck in config.neck_channels)
        # Coarse to fine; the coarsest level has nothing to be added to.
        self.level_units = nn.ModuleList(ResidualUnit(width) for _ in range(LEVELS - 1))
        self.fused_units = nn.ModuleList(ResidualUnit(width) for _ in range(LEVELS))
        self.project = nn.ModuleList(nn.Linear(width, width) for _ in range(LEVELS - 1))

    def forward(self, summary: tuple[Tensor, ...]) -> Tensor:
        """Return the pose tokens (N, fusion_channels) of summary tokens (N, channels) per level.

        The weights were trained with the first projection used twice.
        """
        levels = [layer(token) for layer, token in zip(self.reassemble, summary, strict=True)]
        fused = self.project[0](self.fused_units[0](levels[-1]))
        for number, level in enumerate(reversed(levels[:-1])):
            fused = self.fused_units[number + 1](fused + self.level_units[number](level))
            fused = self.project[number](fused)
        return fused


class ResidualUnit(nn.Module):
    """Two linear layers, activated before."""

    def __init__(self, channels: int) -> None:
        """Make the layers."""
        super().__init__()
        self.first = nn.Linear(channels, channels)
        self.second = nn.Linear(channels, channels)

    def forward(self, token: Tensor) -> Tensor:
        """Return tokens (..., channels)."""
        return token + self.second(functional.relu(self.first(functional.relu(token))))
