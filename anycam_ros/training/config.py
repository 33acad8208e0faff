# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training, read from YAML."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
import json
from pathlib import Path
from typing import Any

import yaml

from anycam_ros.errors import ConfigError
from anycam_ros.odometry.options import check, option

# What may change when a training goes on: it does not change what is learned.
OPERATING = ('output', 'workers', 'checkpoint_minutes', 'log_steps', 'validate_steps',
             'limit_minutes')


@dataclass(frozen=True)
class TrainingConfig:
    """Say what is trained, how long, and where the results go.

    Raises ConfigError for a value of another type or outside of its range.
    """

    task: str = option('', 'What is learned.', words='the name of a task')
    options: Mapping[str, object] = field(default_factory=dict)
    output: str = option('', 'Folder for checkpoints, logs and weights.',
                         words='the path of a folder')
    seed: int = option(0, 'Of the first weights, the order of samples and the loss.', minimum=0)
    steps: int = option(10000, 'Updates of the weights in the whole training.', minimum=1)
    batch_size: int = option(8, 'Samples in one step, of all processes together.', minimum=1)
    learning_rate: float = option(3e-4, 'After the warm-up; it decays to 0 by a cosine.',
                                  minimum=0, maximum=1)
    weight_decay: float = option(0.01, 'Of AdamW.', minimum=0, maximum=1)
    warmup_steps: int = option(100, 'In which the learning rate rises from 0; below steps.',
                               minimum=0)
    clip_norm: float = option(1.0, 'Largest norm of the gradient; 0: any.', minimum=0)
    ema_decay: float = option(0.999, 'Share of the averaged weights kept in a step.', minimum=0,
                              maximum=1)
    amp: str = option('auto', 'Compute in bfloat16 where it is safe; auto: on CUDA.',
                      choices=('auto', 'on', 'off'))
    workers: int = option(2, 'Processes that load samples; 0: the training itself does.',
                          minimum=0)
    checkpoint_minutes: float = option(10.0, 'Time from checkpoint to checkpoint.', minimum=0)
    log_steps: int = option(50, 'Steps in one row of the log.', minimum=1)
    validate_steps: int = option(1000, 'Steps from validation to validation.', minimum=1)
    limit_minutes: float = option(0.0, 'Stop this run after so long; 0: never.', minimum=0)

    def __post_init__(self) -> None:
        for config_field in fields(self):
            if config_field.name != 'options':
                check(config_field.name, getattr(self, config_field.name), config_field)
        if not _is_options(self.options):
            raise ConfigError(f'options is {self.options!r}; allowed: the names and values that '
                              'the task knows.')
        if self.warmup_steps >= self.steps:
            raise ConfigError(f'warmup_steps is {self.warmup_steps}; allowed: below steps, '
                              f'which is {self.steps}.')


def read_config(path: Path, output: Path | None = None,
                data: Sequence[Path] = ()) -> TrainingConfig:
    """Return the configuration in a file.

    output takes the place of the file's own, data that of its options.data. Raises ConfigError
    for a file that cannot be read, unknown keys and values that are not allowed.
    """
    content = _read_yaml(path)
    unknown = [key for key in content if key not in _names()]
    if unknown:
        raise ConfigError(f'{path} sets {", ".join(map(repr, unknown))}; allowed keys: '
                          f'{", ".join(_names())}.')
    values = {key: _as_meant(key, value) for key, value in content.items()}
    if output is not None:
        values['output'] = str(output)
    if data and _is_options(values.setdefault('options', {})):
        values['options'] = {**values['options'], 'data': [str(folder) for folder in data]}
    try:
        config = TrainingConfig(**values)
    except ConfigError as error:
        raise ConfigError(f'{path}: {error}') from error
    if not config.output:
        raise ConfigError(f'{path} names no output. Set output to a folder, or give --output.')
    return config


def identity(config: TrainingConfig, finetune: Path | None = None) -> dict[str, Any]:
    """Return what makes two trainings the same, by key; those of options as 'options.name'."""
    values = {key: value for key, value in asdict(config).items() if key not in OPERATING}
    options = values.pop('options')
    values |= {f'options.{key}': value for key, value in options.items()}
    values['finetune'] = '' if finetune is None else str(finetune.resolve())
    # As it is read from a checkpoint: a tuple becomes a list, a date its text.
    plain: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return plain


def differences(there: Mapping[str, object], here: Mapping[str, object]) -> list[str]:
    """Return one text per key that differs between two identities."""
    keys = (key for key in {**there, **here} if there.get(key) != here.get(key))
    return [f'{key} is {_told(there, key)} there and {_told(here, key)} here' for key in keys]


def _told(values: Mapping[str, object], key: str) -> str:
    return repr(values[key]) if key in values else 'not set'


def _names() -> tuple[str, ...]:
    return tuple(config_field.name for config_field in fields(TrainingConfig))


def _is_options(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _read_yaml(path: Path) -> dict[Any, Any]:
    try:
        content = yaml.safe_load(path.read_text('utf-8'))
    except OSError as error:
        raise ConfigError(f'{path} cannot be read: {error.strerror}. Give the file with the '
                          'configuration of a training.') from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f'{path} is no YAML: {error}') from error
    if not isinstance(content, dict):
        raise ConfigError(f'{path} holds no keys with values; allowed keys: '
                          f'{", ".join(_names())}.')
    return content


def _as_meant(key: str, value: Any) -> Any:  # noqa: ANN401
    """Return a value as who wrote it meant it: YAML 1.1 reads on as true, and 1e-3 as a text."""
    if key == 'amp' and isinstance(value, bool):
        return 'on' if value else 'off'
    defaults = {config_field.name: config_field.default for config_field in fields(TrainingConfig)}
    if isinstance(value, str) and isinstance(defaults[key], float):
        try:
            return float(value)
        except ValueError:
            return value
    return value
