# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that a training gives: written with where they come from, and read to start from."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
import json
from pathlib import Path
import subprocess

from torch import nn, Tensor
import yaml

import anycam_ros
from anycam_ros.errors import WeightsError
from anycam_ros.optional_package import needed_for
from anycam_ros.training.atomic_file import write_atomically
from anycam_ros.training.checkpoints import read_checkpoint
from anycam_ros.training.config import TrainingConfig
from anycam_ros.weights.weights_file import read_weights

TASK_KEY = 'anycam_ros.task'      # in the metadata of the file
LISTED = 10                       # names of a kind in an error message


def write_weights(network: nn.Module, config: TrainingConfig, figures: Mapping[str, float],
                  folder: Path, finetune: Path | None = None) -> Path:
    """Write the weights as TASK.safetensors, and beside them TASK.yaml that says what they are.

    finetune is the file that the training started from. What a network has as file_metadata
    goes into the file of the weights, which is returned. Raises OutputError where it cannot be
    written, and DependencyError without the package safetensors.
    """
    with needed_for('a .safetensors file', 'pip install safetensors', 'Apache-2.0'):
        from safetensors.torch import save
    weights = {name: weight.detach().cpu().contiguous().clone()
               for name, weight in network.state_dict().items()}
    path = folder / f'{config.task}.safetensors'
    metadata = {TASK_KEY: config.task, **getattr(network, 'file_metadata', {})}
    write_atomically(path, save(weights, metadata))
    commit = source_commit()
    origin = {'task': config.task, 'seed': config.seed,
              'anycam_ros': anycam_ros.__version__, **({'commit': commit} if commit else {}),
              **({'finetune': str(finetune)} if finetune else {}),
              'figures': dict(figures), 'config': json.loads(json.dumps(asdict(config),
                                                                        default=str))}
    write_atomically(path.with_suffix('.yaml'),
                     yaml.safe_dump(origin, sort_keys=False).encode())
    return path


def read_trained_weights(path: Path, task: str) -> dict[str, Tensor]:
    """Return the weights in a file of write_weights(), or the averaged ones of a checkpoint.

    Raises WeightsError where the file is damaged or of another task.
    """
    weights: dict[str, Tensor]
    if path.suffix == '.pt':
        content = read_checkpoint(path)
        trained_for, weights = content['identity']['task'], content['averaged']
    else:
        file = read_weights(path)
        trained_for, weights = file.metadata.get(TASK_KEY, ''), file.weights
    if trained_for != task:
        known = f'was trained for task {trained_for!r}' if trained_for else 'names no task'
        raise WeightsError(f'{path} {known}; weights of task {task!r} are needed.')
    return weights


def put_weights(network: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Give a network weights; raises WeightsError with every name that does not fit."""
    expected = network.state_dict()
    faults = {
        'missing': [name for name in expected if name not in weights],
        'unexpected': [name for name in weights if name not in expected],
        'of another shape': [
            f'{name} {tuple(weights[name].shape)}, not {tuple(expected[name].shape)}'
            for name in expected
            if name in weights and weights[name].shape != expected[name].shape],
    }
    if any(faults.values()):
        told = '; '.join(f'{len(names)} {fault}: {_listed(names)}'
                         for fault, names in faults.items() if names)
        raise WeightsError(f'{path} holds the weights of another configuration of the network. '
                           f'{told}.')
    network.load_state_dict(dict(weights))


def source_commit() -> str:
    """Return the commit that runs, with '-dirty' where files were changed; '' if not known."""
    root = Path(anycam_ros.__file__).resolve().parents[1]
    try:
        # The package may be installed into the repository of something else.
        if Path(_git(root, 'rev-parse', '--show-toplevel')).resolve() != root:
            return ''
        return _git(root, 'describe', '--always', '--dirty', '--abbrev=40', '--exclude=*')
    except (OSError, subprocess.CalledProcessError):
        return ''     # no git, or no repository


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(['git', *arguments], cwd=root, check=True, text=True,
                          capture_output=True).stdout.strip()


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f' and {len(names) - LISTED} more' if len(names) > LISTED else ''
    return ', '.join(names[:LISTED]) + more
