# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The backbone: a vision transformer (DINOv2, Oquab et al. 2023) over one frame."""

from typing import NamedTuple

import torch
from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.networks.anycam.config import NetworkConfig

INPUT_CHANNELS = 6      # red, green, blue, flow x, flow y, depth
MLP_RATIO = 4
EPSILON = 1e-6


class Features(NamedTuple):
    """Hold one token that sums up the frame, and one per patch, for each feature level."""

    summary: tuple[Tensor, ...]    # (N, channels)
    patches: tuple[Tensor, ...]    # (N, channels, H / patch, W / patch); empty when not asked for


class Backbone(nn.Module):
    """Turn frames into features, each frame by itself."""

    def __init__(self, config: NetworkConfig) -> None:
        """Make the layers."""
        super().__init__()
        self.patch_size, self.position_grid = config.patch_size, config.position_grid
        self.feature_layers = config.feature_layers
        self.patch_embedding = nn.Conv2d(INPUT_CHANNELS, config.channels, config.patch_size,
                                         config.patch_size)
        self.summary_token = nn.Parameter(torch.randn(1, 1, config.channels))
        self.position_table = nn.Parameter(
            0.02 * torch.randn(1, 1 + config.position_grid ** 2, config.channels))
        self.layers = nn.ModuleList(
            TransformerLayer(config.channels, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.channels, eps=EPSILON)

    def forward(self, frames: Tensor, *, with_patches: bool = True) -> Features:
        """Return the features of frames (N, 6, H, W); H and W are multiples of the patch size.

        Without patches the last layer is left out for all tokens but the summary: no other token
        can reach the result any more.
        """
        grid = frames.shape[-2] // self.patch_size, frames.shape[-1] // self.patch_size
        embedded = self.patch_embedding(frames).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.summary_token.expand(frames.shape[0], -1, -1), embedded], dim=1)
        tokens = tokens + self._positions(grid)
        summary, patches = [], []
        for number, layer in enumerate(self.layers, start=1):
            is_last = number == len(self.layers)
            tokens = layer(tokens, only_first=is_last and not with_patches)
            if number in self.feature_layers:
                # The norm of the last layer serves every level.
                wanted = self.norm(tokens if with_patches else tokens[:, :1])
                summary.append(wanted[:, 0])
                if with_patches:
                    patches.append(wanted[:, 1:].transpose(1, 2).unflatten(2, grid))
        return Features(tuple(summary), tuple(patches))

    def _positions(self, grid: tuple[int, int]) -> Tensor:
        """Return the position table, resized to the patch grid: (1, 1 + patches, channels)."""
        first, table = self.position_table[:, :1], self.position_table[:, 1:]
        table = table.transpose(1, 2).unflatten(2, (self.position_grid, self.position_grid))
        table = functional.interpolate(table, grid, mode='bicubic', align_corners=False)
        return torch.cat([first, table.flatten(2).transpose(1, 2)], dim=1)


class TransformerLayer(nn.Module):
    """Let tokens attend to each other; the branches are scaled per channel (LayerScale)."""

    def __init__(self, channels: int, heads: int) -> None:
        """Make the layer."""
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels, eps=EPSILON)
        self.attention = Attention(channels, heads)
        self.attention_scale = nn.Parameter(torch.ones(channels))
        self.mlp_norm = nn.LayerNorm(channels, eps=EPSILON)
        self.mlp = Mlp(channels)
        self.mlp_scale = nn.Parameter(torch.ones(channels))

    def forward(self, tokens: Tensor, *, only_first: bool = False) -> Tensor:
        """Return the tokens (N, T, channels), or the first (N, 1, channels) alone."""
        normed = self.attention_norm(tokens)
        if only_first:
            tokens = tokens[:, :1]
        asking = normed[:, :tokens.shape[1]]
        tokens = tokens + self.attention_scale * self.attention(asking, normed)
        return tokens + self.mlp_scale * self.mlp(self.mlp_norm(tokens))


class Attention(nn.Module):
    """Attend with several heads."""

    def __init__(self, channels: int, heads: int) -> None:
        """Make the projections."""
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.output = nn.Linear(channels, channels)

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        """Return (N, Q, channels) what asking (N, Q, channels) finds in asked (N, T, channels)."""
        query, key, value = (
            projection(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for projection, tokens in ((self.query, asking), (self.key, asked),
                                       (self.value, asked)))
        found = functional.scaled_dot_product_attention(query, key, value)
        return self.output(found.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    """Transform each token by itself."""

    def __init__(self, channels: int) -> None:
        """Make the layers."""
        super().__init__()
        self.expand = nn.Linear(channels, MLP_RATIO * channels)
        self.contract = nn.Linear(MLP_RATIO * channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the transformed tokens (..., channels)."""
        return self.contract(functional.gelu(self.expand(tokens)))
