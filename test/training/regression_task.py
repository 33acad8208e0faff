# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A task that is learned in seconds, and its training as a process of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import csv
from dataclasses import asdict, replace
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any, cast

import numpy as np
import torch
from torch import nn, Tensor
from torch.utils.data import Dataset
import yaml

from anycam_ros.training.config import read_config, TrainingConfig
from anycam_ros.training.task import Sample
from anycam_ros.training.trainer import train

REPOSITORY = Path(__file__).parents[2]
LONGEST_START_S = 300
CONFIG = TrainingConfig(
    task='regression', seed=3, steps=40, batch_size=6, learning_rate=0.01, warmup_steps=5,
    workers=0, log_steps=2, validate_steps=10, options={'samples': 50})
FIRST_WEIGHTS = torch.tensor([1.0, -2.0, 0.5, 3.0])


class Sums(Dataset[Sample]):
    """Give random numbers and a weighted sum of them, each index its own."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        values = torch.randn(4, generator=torch.Generator().manual_seed(index))
        return {'values': values, 'sum': values @ FIRST_WEIGHTS}


class Regression:
    """Learn the weights of the sum.

    options: samples, their number; dropout; nan_steps, in which the loss is NaN; pause_s, what a
    step takes longer; hidden, the width of the network; uneven, a weight that no loss reaches.
    """

    def __init__(self, options: Mapping[str, object]) -> None:
        self._options = cast('Mapping[str, Any]', options)
        hidden = self._options.get('hidden', 16)
        self.network: nn.Module = nn.Sequential(
            nn.Linear(4, hidden), nn.BatchNorm1d(hidden), nn.ReLU(),
            nn.Dropout(self._options.get('dropout', 0.0)), nn.Linear(hidden, 1))
        if not self._options.get('batch_norm', True):
            self.network[1] = nn.Identity()
            self.network.register_parameter('unused', nn.Parameter(torch.ones(2)))

    def samples(self) -> Dataset[Sample]:
        return Sums(self._options.get('samples', 50))

    def loss(self, network: nn.Module, batch: Sample, step: int) -> dict[str, Tensor]:
        time.sleep(self._options.get('pause_s', 0.0))
        error = network(batch['values'])[:, 0] - batch['sum']
        total = error.square().mean()
        if step in self._options.get('nan_steps', ()):
            total = total * network(batch['values'] * torch.nan).mean()
        return {'total': total, 'absolute': error.abs().mean()}

    def validate(self, network: nn.Module) -> dict[str, float]:
        assert not network.training
        assert not torch.is_grad_enabled()
        kept_back = [Sums(2000)[index] for index in range(1000, 1064)]
        values = torch.stack([sample['values'] for sample in kept_back])
        error = network(values)[:, 0] - torch.stack([sample['sum'] for sample in kept_back])
        return {'error': np.float64(error.abs().mean().item())}


def make_task(options: Mapping[str, object], _device: torch.device) -> Regression:
    return Regression(options)


def config_with(output: Path, options: Mapping[str, object] | None = None,
                **changes: Any) -> TrainingConfig:  # noqa: ANN401
    """Return the configuration with changes; options are added to the task's own."""
    return replace(CONFIG, output=str(output), **changes,
                   options={**CONFIG.options, **(options or {})})


def rows(output: Path, log: str = 'training.csv') -> list[dict[str, str]]:
    """Return the rows of a log without what differs from run to run."""
    with (output / log).open(newline='') as file:
        return [{name: value for name, value in row.items() if name != 'seconds'}
                for row in csv.DictReader(file)]


def write(config: TrainingConfig, folder: Path) -> Path:
    """Write a configuration file, and return it."""
    file = folder / 'config.yaml'
    file.write_text(yaml.safe_dump(asdict(config)))
    return file


@contextmanager
def start(config: Path, *before: str) -> Iterator[subprocess.Popen[str]]:
    """Start the training of a configuration file in a process of its own, ended in the end."""
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(
        (str(REPOSITORY), *filter(None, (os.environ.get('PYTHONPATH'),))))}
    process = subprocess.Popen([sys.executable, *before, __file__, str(config)], text=True,
                               env=environment, stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_rows(process: subprocess.Popen[str], output: Path, count: int) -> None:
    """Return when a training has written so many rows of its log."""
    deadline = time.monotonic() + LONGEST_START_S
    while not ((output / 'training.csv').exists() and len(rows(output)) >= count):
        assert process.poll() is None, 'the training ended before it could be stopped'
        assert time.monotonic() < deadline
        time.sleep(0.01)


if __name__ == '__main__':
    torch.set_num_threads(1)
    train(read_config(Path(sys.argv[1])), make_task)
