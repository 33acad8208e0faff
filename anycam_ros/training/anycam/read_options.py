# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dataclasses of options from what a configuration says."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from anycam_ros.errors import ConfigError

Options = TypeVar('Options')


def read_options(kind: type[Options], values: object, what: str) -> Options:
    """Return a dataclass of options with values in the place of its defaults.

    Raises ConfigError for what is no mapping, unknown names, and values that the class refuses or
    that are of another type than the default; what says whose options they are.
    """
    known = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(values, Mapping):
        raise ConfigError(f'{what} is {values!r}; allowed: names and values of '
                          f'{", ".join(known)}.')
    unknown = [str(name) for name in values if name not in known]
    if unknown:
        raise ConfigError(f'{what} sets {", ".join(unknown)}; allowed: {", ".join(known)}.')
    return kind(**{name: _as_default(f'{what}.{name}', value, known[name])
                   for name, value in values.items()})


def _as_default(name: str, value: object, default: Any) -> Any:  # noqa: ANN401
    """Return a value in the type of a default."""
    if isinstance(default, tuple) and isinstance(value, list):
        value = tuple(value)
    if type(default) is float and type(value) is int:
        value = float(value)
    if type(value) is not type(default):
        raise ConfigError(f'{name} is {value!r}; allowed: {type(default).__name__}, such as '
                          f'{default!r}.')
    return value
