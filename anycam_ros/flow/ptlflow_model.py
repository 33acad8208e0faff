# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow networks of the ptlflow collection, such as UniMatch, which AnyCam was trained with."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from anycam_ros.errors import ConfigError, WeightsError
from anycam_ros.flow.network_flow import at_size, NetworkFlow
from anycam_ros.optional_package import needed_for

INSTALL = 'pip install ptlflow'
LICENCE = 'Apache-2.0; each model has its own, see ptlflow/models/MODEL/LICENSE'
# Checkpoints in the order of how well they do on pictures from the real world.
PREFERRED = ('mix', 'mixed', 'things')
# The size that AnyCam computes the flow of UniMatch at.
UNIMATCH_SHORT_SIDE_PX, UNIMATCH_MULTIPLE_PX = 320, 32


def ptlflow_flow(name: str, device: torch.device,
                 state: Mapping[str, Tensor] | None = None) -> NetworkFlow:
    """Return a model of ptlflow with its own weights, or with those given.

    Raises DependencyError without ptlflow, ConfigError for a model that it does not have, and
    WeightsError where the weights are not to be had or not those of the model.
    """
    network = _untrained(name)
    if state is None:
        state = _pretrained(name)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f'the weights are not those of ptlflow:{name}. {error}') from error
    return NetworkFlow(PtlflowModel(network.to(device).eval(), name), device)


class PtlflowModel:
    """Bring images into the form that ptlflow takes."""

    def __init__(self, network: torch.nn.Module, name: str) -> None:
        """Take a model of ptlflow and its name there."""
        self._network = network
        self._is_unimatch = name.startswith('unimatch')

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the flow (B, 2, H, W), pixels, of images (B, 3, H, W) in [0, 1]."""
        height, width = first.shape[-2:]
        if self._is_unimatch:
            height, width = _unimatch_size(height, width)
        return at_size(self._flow, first, second, height, width)

    def _flow(self, first: Tensor, second: Tensor) -> Tensor:
        images_bgr = torch.stack([first, second], dim=1).flip(2)
        flow: Tensor = self._network({'images': images_bgr})['flows'][:, 0]
        return flow


def _unimatch_size(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, UNIMATCH_SHORT_SIDE_PX / min(height, width))
    multiple = UNIMATCH_MULTIPLE_PX
    rounded = [-(-round(side * scale) // multiple) * multiple for side in (height, width)]
    return rounded[0], rounded[1]


def _untrained(name: str) -> torch.nn.Module:
    with needed_for(f"flow 'ptlflow:{name}'", INSTALL, LICENCE):
        import ptlflow
    names = ptlflow.get_model_names()
    if name not in names:
        raise ConfigError(f"flow is 'ptlflow:{name}', but ptlflow {ptlflow.__version__} has no "
                          f'such model. It has {", ".join(names)}.')
    network: torch.nn.Module = ptlflow.get_model(name)
    return network


def _pretrained(name: str) -> Mapping[str, Tensor]:
    import ptlflow

    reference = ptlflow.get_model_reference(name)
    checkpoints: dict[str, str] = getattr(reference, 'pretrained_checkpoints', {})
    if not checkpoints:
        raise WeightsError(f'ptlflow has no weights for {name}. Choose another model.')
    chosen = next((key for key in PREFERRED if key in checkpoints), next(iter(checkpoints)))
    url = checkpoints[chosen]
    try:
        checkpoint = ptlflow.load_checkpoint(chosen, reference)
    except Exception as error:   # no network, damaged file: each has its own kind
        cached = Path(torch.hub.get_dir()) / 'checkpoints' / url.rpartition('/')[2]
        raise WeightsError(f'the weights of ptlflow:{name} cannot be loaded: {error}. Download '
                           f'{url} and save it as {cached}') from error
    state: Mapping[str, Tensor] = checkpoint['state_dict']
    return state
