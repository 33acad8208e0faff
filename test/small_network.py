# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network small enough for many runs, and random input for it."""

import pytest

torch = pytest.importorskip('torch', reason='PyTorch is not installed')

from torch import Tensor  # noqa: E402

from anycam_ros.networks.anycam import AnyCam, NetworkConfig  # noqa: E402

SMALL = NetworkConfig(
    position_grid=5, channels=16, layers=4, heads=2, feature_layers=(1, 2, 3, 4),
    neck_channels=(4, 6, 8, 10), fusion_channels=16, head_channels=4, interframe_layers=2,
    candidates=5)

Inputs = dict[str, Tensor]


def make_small_network(seed: int = 1, config: NetworkConfig = SMALL) -> AnyCam:
    """Return a network of a few thousand weights, none of them at a value that hides mistakes."""
    torch.manual_seed(seed)
    network = AnyCam(config)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.ndim < 2:
                weight.add_(0.1 * torch.randn_like(weight))
            if name.startswith('heads.'):
                weight.mul_(5.0)
    return network


def random_window(windows: int, frames: int, height: int, width: int, seed: int = 0) -> Inputs:
    """Return images, flow and depth of windows as the network takes them."""
    random = torch.Generator().manual_seed(seed)
    flow = 0.1 * torch.randn(windows, frames, 2, height, width, generator=random)
    flow[:, -1] = 0
    return {'images': torch.rand(windows, frames, 3, height, width, generator=random),
            'flow': flow,
            'depth': 0.2 + torch.rand(windows, frames, 1, height, width, generator=random)}
