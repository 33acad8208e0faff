# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches of clips as the network and the losses take them."""

from typing import NamedTuple

import torch
from torch import Tensor

from anycam_ros.networks.anycam.inputs.preprocessing import network_depth, normalised_flow
from anycam_ros.training.losses.objective import Observed
from anycam_ros.training.losses.visibility import visible_pixels
from anycam_ros.training.task import Sample


class Windows(NamedTuple):
    """Hold B windows of n frames."""

    images: Tensor          # (B, n, 3, S, S) RGB in [0, 1]
    forward_px: Tensor      # (B, n - 1, 2, S, S) flow of frame i to i + 1
    backward_px: Tensor     # (B, n - 1, 2, S, S) flow of frame i + 1 to i
    depth: Tensor           # (B, n, 1, S, S) in the network's unit


def windows_of(batch: Sample) -> Windows:
    """Return a batch of clips; without depth every pixel is one unit away."""
    images = batch['images'].float() / 255
    depth = network_depth(batch['depth'].float()) if 'depth' in batch \
        else torch.ones_like(images[:, :, :1])
    return Windows(images, batch['forward_flow'].float(), batch['backward_flow'].float(), depth)


def in_pairs(windows: Windows) -> Windows:
    """Return windows of n frames cut into n // 2 windows of two frames each."""
    count = windows.images.shape[1] // 2

    def frames(values: Tensor) -> Tensor:
        return values[:, :2 * count].reshape(-1, 2, *values.shape[2:])

    def pairs(values: Tensor) -> Tensor:
        return values[:, :2 * count - 1:2].flatten(0, 1)[:, None]
    return Windows(frames(windows.images), pairs(windows.forward_px), pairs(windows.backward_px),
                   frames(windows.depth))


def both_ways(windows: Windows) -> Windows:
    """Return 2 B windows: those in time order, then the same reversed (section 3.3)."""
    backward = Windows(windows.images.flip(1), windows.backward_px.flip(1),
                       windows.forward_px.flip(1), windows.depth.flip(1))
    return Windows(*(torch.cat(values) for values in zip(windows, backward, strict=True)))


def observed_in(windows: Windows) -> Observed:
    """Return what the losses compare with."""
    shape = windows.forward_px.shape[:2]
    visible = visible_pixels(windows.backward_px.flatten(0, 1)).unflatten(0, shape)
    return Observed(normalised_flow(windows.forward_px), visible, windows.depth[:, :-1])
