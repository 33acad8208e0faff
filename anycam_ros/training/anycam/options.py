# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The options of the task 'anycam'."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
import math

from anycam_ros.depth import registry as depth_registry
from anycam_ros.errors import ConfigError
from anycam_ros.flow import registry as flow_registry
from anycam_ros.networks.anycam import NetworkConfig
from anycam_ros.odometry.options import check, option
from anycam_ros.training.anycam.read_options import read_options
from anycam_ros.training.losses.objective import ObjectiveOptions


@dataclass(frozen=True)
class AnyCamOptions:
    """Say what the network learns from, and how; raises ConfigError for what is not allowed."""

    data: object = ()
    network: Mapping[str, object] = field(default_factory=dict)
    objective: Mapping[str, object] = field(default_factory=dict)
    weights: str = option('', 'AnyCam weights to start from; they bring their own sizes.',
                          words='empty, or the path of a file')
    cache: str = option('cache/anycam', 'Folder for frames, flow and depth; it may become large.',
                        words='the path of a folder')
    flow: str = option('dis', 'What the flow is computed by.', choices=flow_registry.CHOICES)
    depth: str = option('none', 'Where depth comes from; none: a plane at 10 m.',
                        choices=depth_registry.CHOICES)
    size: int = option(336, 'Side of the square pictures.', unit='px', minimum=28)
    frames: int = option(8, 'In a clip.', minimum=2, maximum=100)
    pair_steps: int = option(0, 'First steps, in which each clip is cut into pairs.', minimum=0)
    epoch_samples: int = option(80000, 'Clips until one more of the data sets joins.', minimum=1)
    kept_back: float = option(0.1, 'Share at the end of each recording, for validation.',
                              minimum=0, maximum=0.9)
    token_dropout: float = option(0.1, 'Share of the pose tokens that is set to 0.',
                                  minimum=0, maximum=0.9)

    def __post_init__(self) -> None:
        for one in fields(self):
            if 'option' in one.metadata:
                check(one.name, getattr(self, one.name), one)
        if self.weights and self.network:
            raise ConfigError(f'weights is {self.weights!r}, which brings its own sizes; leave '
                              'network out.')

    @property
    def objective_options(self) -> ObjectiveOptions:
        """Return the weights of the loss; raises ConfigError for those that make no sense."""
        options = read_options(ObjectiveOptions, self.objective, 'objective')
        for name, value in vars(options).items():
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f'objective.{name} is {value!r}; allowed: finite, at least 0.')
        return options

    @property
    def network_config(self) -> NetworkConfig:
        """Return the sizes of a network that starts from random weights."""
        return read_options(NetworkConfig, self.network, 'network')


def read_anycam_options(values: Mapping[str, object]) -> AnyCamOptions:
    """Return the options of a configuration; raises ConfigError for names that do not exist."""
    known = [one.name for one in fields(AnyCamOptions)]
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ConfigError(f'options sets {", ".join(unknown)}; the task anycam has '
                          f'{", ".join(known)}.')
    return AnyCamOptions(**values)  # type: ignore[arg-type]
