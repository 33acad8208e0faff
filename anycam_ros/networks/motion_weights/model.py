# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network: a small U-Net on quarter-size measures of the geometry."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn, Tensor
from torch.nn import functional

from anycam_ros.geometry.focal_candidates import CANDIDATES
from anycam_ros.networks.motion_weights.channels import INPUTS, STATE

PER_PIXEL = 2       # logit of moving, logarithm of the scale


@dataclass(frozen=True)
class MotionWeightsConfig:
    """Choose the widths: after the first layer, and of the levels, each half as fine."""

    squeezed: int = 12
    widths: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (1, 2, 2)


class Output(NamedTuple):
    """Hold what the network says of a batch."""

    moving_logit: Tensor             # (B, h, w)
    log_scale: Tensor                # (B, h, w)
    focal_log_likelihood: Tensor     # (B, 32)


class MotionWeights(nn.Module):
    """Weigh what moves."""

    def __init__(self, config: MotionWeightsConfig) -> None:
        super().__init__()
        widths = config.widths
        self.squeeze = nn.Conv2d(len(INPUTS) + len(STATE), config.squeezed, 1)
        self.stem = _layer(4 * config.squeezed, widths[0])
        self.down = nn.ModuleList(_layer(before, after, stride=2) for before, after in
                                  pairwise(widths))
        self.levels = nn.ModuleList(
            nn.Sequential(*(Residual(width) for _ in range(count)))
            for width, count in zip(widths, config.blocks, strict=True))
        self.context = nn.Linear(widths[-1], widths[-1])
        self.up = nn.ModuleList(nn.Conv2d(after, before, 1) for before, after in
                                pairwise(widths))
        self.merged = nn.ModuleList(Residual(width) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], 4 * PER_PIXEL, 3, padding=1)
        self.focal = nn.Sequential(nn.Linear(widths[-1], 64), nn.ReLU(),
                                   nn.Linear(64, CANDIDATES))

    def forward(self, inputs: Tensor) -> Output:
        """Return what moves for inputs and state (B, C + S, h, w), h and w even."""
        x = functional.relu(self.squeeze(inputs))
        x = self.stem(functional.pixel_unshuffle(x, 2))
        skips = []
        for index, level in enumerate(self.levels):
            x = level(x)
            if index < len(self.down):
                skips.append(x)
                x = self.down[index](x)
        whole = x.mean(dim=(2, 3))
        x = x + self.context(whole)[:, :, None, None]
        for index in reversed(range(len(self.up))):
            skip = skips[index]
            x = functional.interpolate(self.up[index](x), size=skip.shape[-2:], mode='nearest')
            x = self.merged[index](x + skip)
        pixels = functional.pixel_shuffle(self.head(x), 2)
        return Output(pixels[:, 0], pixels[:, 1],
                      functional.log_softmax(self.focal(whole), dim=1))


class Residual(nn.Module):
    """Add a convolution of the input to it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(_layer(width, width), nn.Conv2d(width, width, 3, padding=1,
                                                                    bias=False),
                                    nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return a batch of the same shape."""
        return torch.relu(x + self.layers(x))


def _layer(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False),
                         nn.BatchNorm2d(after), nn.ReLU())
