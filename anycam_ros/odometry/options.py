# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration fields that describe themselves: unit, range, meaning.

One declaration serves the dataclass, the ROS parameter, the command line and the YAML file.
"""

from dataclasses import dataclass, Field, field, fields
import math
from typing import Any

from anycam_ros.errors import ConfigError


@dataclass(frozen=True)
class Option:
    """Describe one configuration value.

    A choice such as 'ptlflow:<model>' stands for every text that has something in the place of
    the angle brackets.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ''
    words: str = ''      # allowed values in words, where the rest cannot say it

    @property
    def allowed(self) -> str:
        """Return the allowed values in words."""
        if self.words:
            return self.words
        if self.choices:
            return 'one of ' + ', '.join(repr(choice) for choice in self.choices)
        unit = f' {self.unit}' if self.unit else ''
        if self.minimum is None and self.maximum is None:
            return 'any value'
        if self.maximum is None:
            return f'at least {self.minimum:g}{unit}'
        if self.minimum is None:
            return f'at most {self.maximum:g}{unit}'
        return f'{self.minimum:g} to {self.maximum:g}{unit}'

    @property
    def is_open(self) -> bool:
        """Return whether a choice stands for more than one text."""
        return any('<' in choice for choice in self.choices)

    def offers(self, value: str) -> bool:
        """Return whether the value is one of the choices."""
        return value in self.choices or any(
            value.startswith(choice[:choice.index('<')]) and value != choice[:choice.index('<')]
            for choice in self.choices if '<' in choice)


def option(default: Any, description: str, **limits: Any) -> Any:  # noqa: ANN401
    """Return a dataclass field with an Option as its metadata."""
    return field(default=default, metadata={'option': Option(description, **limits)})


def describe(config_field: 'Field[Any]') -> Option:
    """Return the Option of a dataclass field."""
    described: Option = config_field.metadata['option']
    return described


def validate(config: Any) -> None:  # noqa: ANN401
    """Raise ConfigError when a field of the dataclass instance is outside of its Option."""
    for config_field in fields(config):
        check(config_field.name, getattr(config, config_field.name), config_field)


def check(name: str, value: Any, config_field: 'Field[Any]') -> None:  # noqa: ANN401
    """Raise ConfigError when the value does not fit the field's type and Option."""
    described = describe(config_field)
    default: Any = config_field.default
    expected = type(default)
    is_number = _is_number(value)
    fits = is_number if expected is float else type(value) is expected
    if fits and expected is tuple:
        fits = len(value) == len(default) \
            and all(_is_number(part) and math.isfinite(part) for part in value)
    if fits and described.choices:
        fits = described.offers(value)
    if fits and is_number:
        low, high = described.minimum, described.maximum
        fits = math.isfinite(value) and (low is None or value >= low) \
            and (high is None or value <= high)
    if not fits:
        kind = '' if described.words else f'{expected.__name__}, '
        raise ConfigError(f'{name} is {value!r}; allowed: {kind}{described.allowed}. '
                          f'{described.description}')


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
