# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention between the frames of a window, and the token that sums the window up."""

import math

import torch
from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.networks.anycam.backbone import Mlp
from anycam_ros.networks.anycam.config import NetworkConfig

EPSILON = 1e-6
FREQUENCIES = 4      # of the position in the window, doubling


class InterframeAttention(nn.Module):
    """Let the pose tokens of a window attend to each other."""

    def __init__(self, config: NetworkConfig) -> None:
        """Make the layers."""
        super().__init__()
        width, heads = config.fusion_channels, config.interframe_heads
        # Dropout in training already rescales, so that this is once too often; the weights of a
        # network trained with dropout need it all the same.
        self.token_factor = 1.0 - config.token_dropout
        self.blocks = nn.ModuleList(
            SelfAttentionBlock(width, heads) for _ in range(config.interframe_layers))
        self.sequence_token = nn.Parameter(torch.randn(1, 1, width))
        self.sequence_block = CrossAttentionBlock(width, heads)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return pose tokens (B, n, C) that know of each other, and the windows' (B, C)."""
        width = tokens.shape[2]
        positions = window_positions(tokens.shape[1], tokens)
        tokens = self.token_factor * tokens + functional.pad(
            positions, (0, width - positions.shape[1]))
        for block in self.blocks:
            tokens = block(tokens)
        sequence = self.sequence_token.expand(tokens.shape[0], -1, -1)
        return tokens, self.sequence_block(sequence, tokens)[:, 0]


def window_positions(frames: int, like: Tensor) -> Tensor:
    """Return the encoding (n, 8) of where frames lie in a window, from 0 to 1."""
    share = torch.linspace(0, 1, frames, device=like.device)[:, None]
    angle = share * 2.0 ** torch.arange(FREQUENCIES, device=like.device)
    return torch.cat([angle, angle + math.pi / 2], dim=1).sin()


class SelfAttentionBlock(nn.Module):
    """Let tokens attend to each other; the norm stands in the residual path itself."""

    def __init__(self, channels: int, heads: int) -> None:
        """Make the layers."""
        super().__init__()
        self.attention = JointAttention(channels, heads)
        self.mlp = Mlp(channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens (B, n, channels)."""
        tokens = normalised(tokens)
        tokens = tokens + self.attention(tokens, tokens)
        return tokens + self.mlp(normalised(tokens))


class CrossAttentionBlock(nn.Module):
    """Let tokens attend to a context; the norm stands in the residual path itself."""

    def __init__(self, channels: int, heads: int) -> None:
        """Make the layers."""
        super().__init__()
        self.context_norm = nn.LayerNorm(channels)
        self.attention = JointAttention(channels, heads)
        self.mlp = Mlp(channels)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """Return tokens (B, q, channels) that attended to the context (B, n, channels)."""
        tokens = normalised(tokens)
        tokens = tokens + self.attention(tokens, self.context_norm(context))
        return tokens + self.mlp(normalised(tokens))


class JointAttention(nn.Module):
    """Attend with several heads; query, key and value have one matrix."""

    def __init__(self, channels: int, heads: int) -> None:
        """Make the projections."""
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.output = nn.Linear(channels, channels)

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        """Return (B, q, channels) what asking (B, q, channels) finds in asked (B, n, channels)."""
        weights = self.query_key_value.weight.chunk(3)
        biases = self.query_key_value.bias.chunk(3)
        query, key, value = (
            functional.linear(tokens, weight, bias).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for tokens, weight, bias in zip((asking, asked, asked), weights, biases, strict=True))
        found = functional.scaled_dot_product_attention(query, key, value)
        return self.output(found.transpose(1, 2).flatten(2))


def normalised(tokens: Tensor) -> Tensor:
    """Return tokens (..., channels) of mean 0 and variance 1."""
    # A plain number: exporters want to know the size of what is normalised.
    return functional.layer_norm(tokens, (int(tokens.shape[-1]),), eps=EPSILON)
