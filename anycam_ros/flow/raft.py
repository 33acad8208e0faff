# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RAFT (Teed & Deng 2020) as torchvision has it."""

from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from anycam_ros.errors import WeightsError
from anycam_ros.flow.network_flow import at_size, FlowModel, NetworkFlow
from anycam_ros.optional_package import needed_for

MULTIPLE_PX, MINIMUM_PX = 8, 128


def raft_flow(device: torch.device) -> NetworkFlow:
    """Return torchvision's large RAFT with its newest weights.

    Raises DependencyError without torchvision and WeightsError where the weights are neither
    cached nor to be had.
    """
    model = _load().to(device).eval()
    return NetworkFlow(RaftModel(model), device)


class RaftModel:
    """Bring images into the range and size that RAFT takes."""

    def __init__(self, network: torch.nn.Module) -> None:
        """Take a RAFT of torchvision."""
        self._network = network

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the flow (B, 2, H, W), pixels, of images (B, 3, H, W) in [0, 1]."""
        height, width = (max(MINIMUM_PX, -(-side // MULTIPLE_PX) * MULTIPLE_PX)
                         for side in first.shape[-2:])
        refined: FlowModel = self._refined
        return at_size(refined, first, second, height, width)

    def _refined(self, first: Tensor, second: Tensor) -> Tensor:
        flow: Tensor = self._network(2 * first - 1, 2 * second - 1)[-1]
        return flow


def _load() -> torch.nn.Module:
    with needed_for("flow 'raft'", 'pip install torchvision', 'BSD-3-Clause'):
        from torchvision.models import optical_flow
    weights = optical_flow.Raft_Large_Weights.DEFAULT
    try:
        network: torch.nn.Module = optical_flow.raft_large(weights=weights, progress=False)
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        cached = Path(torch.hub.get_dir()) / 'checkpoints' / weights.url.rpartition('/')[2]
        raise WeightsError(
            f'the weights of RAFT cannot be loaded: {error}. Download {weights.url} (21 MB) and '
            f'save it as {cached}') from error
    return network
