# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network from a file of weights, checked to the last entry; and back into a file."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from anycam_ros.errors import ConfigError, WeightsError
from anycam_ros.networks.anycam.checkpoint.official_config import config_beside
from anycam_ros.networks.anycam.checkpoint.official_names import (
    of_the_network,
    official_names,
    with_official_names,
)
from anycam_ros.networks.anycam.config import CONFIG_KEY, NetworkConfig
from anycam_ros.networks.anycam.model import AnyCam
from anycam_ros.optional_package import needed_for
from anycam_ros.weights.weights_file import read_weights, WHERE_FROM

LISTED = 20                                  # names of a kind in an error message


def load_checkpoint(path: str | Path) -> AnyCam:
    """Return the network with the weights of a file, on the CPU, for inference.

    The file is an official checkpoint (.pt), the pytorch_model.bin of Hugging Face, or a
    .safetensors file of save_checkpoint or of a training. Raises WeightsError where it is none of
    these, or where any weight is missing, has another shape, is not finite or belongs elsewhere.
    """
    path = Path(path)
    file = read_weights(path)
    inside = file.metadata.get(CONFIG_KEY)
    config = config_beside(path) if inside is None else _read_config(path, inside)
    with torch.device('meta'):     # random weights would only cost time
        network = AnyCam(config)
    names = official_names(config)
    weights = {names.get(name, name): weight
               for name, weight in of_the_network(file.weights).items()}
    _check(path, weights, with_official_names(network.state_dict(), config))
    # The file's own memory is not kept: it goes when the file goes.
    network.load_state_dict({name: weight.to(torch.float32, copy=True)
                             for name, weight in weights.items()}, assign=True)
    return network.eval().requires_grad_(False)


def save_checkpoint(network: AnyCam, path: str | Path) -> None:
    """Write weights, under their official names, and sizes of a network as .safetensors."""
    with needed_for('a .safetensors file', 'pip install safetensors', 'Apache-2.0'):
        from safetensors.torch import save_file
    weights = with_official_names(network.state_dict(), network.config)
    save_file({name: weight.detach().cpu().contiguous() for name, weight in weights.items()},
              path, network.file_metadata)


def _read_config(path: Path, text: str) -> NetworkConfig:
    names = {field.name for field in fields(NetworkConfig)}
    try:
        values: dict[str, Any] = json.loads(text)
        unknown = sorted(set(values) - names)
        if unknown:
            raise WeightsError(f'{path} was written by another version: it sets '
                               f'{", ".join(unknown)}, which this one does not know.')
        sizes: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                                 for name, value in values.items()}
        return NetworkConfig(**sizes)
    except (ValueError, TypeError, ConfigError) as error:
        raise WeightsError(f'{path} says impossible sizes of its network: {error}') from error


def _check(path: Path, found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise WeightsError with every name that does not fit."""
    common = [name for name in expected if name in found]
    faults = {
        'missing': [name for name in expected if name not in found],
        'unexpected': [name for name in found if name not in expected],
        'of another shape': [
            f'{name} {tuple(found[name].shape)}, not {tuple(expected[name].shape)}'
            for name in common if found[name].shape != expected[name].shape],
        'of no floating-point type': [name for name in common
                                      if not found[name].is_floating_point()],
        'not finite': [name for name in common
                       if not bool(torch.isfinite(found[name]).all())],
    }
    if not any(faults.values()):
        return
    told = '; '.join(f'{len(names)} {fault}: {_listed(names)}'
                     for fault, names in faults.items() if names)
    raise WeightsError(
        f'{path} does not hold the weights of this network: of {len(expected)} that it needs, '
        f'{len(common)} are there. {told}. {WHERE_FROM}')


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f' and {len(names) - LISTED} more' if len(names) > LISTED else ''
    return ', '.join(names[:LISTED]) + more
