# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What several commands share: types of arguments, the options of the odometry, exit codes."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import fields
import math
import sys
from typing import TypeAlias

from anycam_ros.odometry import OdometryConfig
from anycam_ros.odometry.options import describe

EXIT_OK, EXIT_INCOMPLETE, EXIT_CANNOT_RUN, EXIT_INTERRUPTED = 0, 1, 2, 130
GLOBAL = 'global'

Commands: TypeAlias = 'argparse._SubParsersAction[argparse.ArgumentParser]'


def positive(text: str) -> float:
    """Return a finite number above 0; raises ArgumentTypeError for any other."""
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f'{text} is given; it must be above 0')
    return value


def count(minimum: int) -> Callable[[str], int]:
    """Return the type of a whole number from a minimum on."""
    def integer(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f'{text} is given; it must be at least {minimum}')
        return value
    return integer


def add_odometry_options(parser: argparse.ArgumentParser, *, with_global: bool = False) -> None:
    """Add one option per field of OdometryConfig.

    with_global also allows --refine global, which needs a recording rather than a stream.
    """
    group = parser.add_argument_group(
        'odometry', 'the parameters of the node that have the same names')
    for config_field in fields(OdometryConfig):
        described = describe(config_field)
        flag = '--' + config_field.name.replace('_', '-')
        default = 'empty' if config_field.default == '' else config_field.default
        text = f'{described.description} Default: {default}.'.replace('%', '%%')
        choices = described.choices
        if with_global and config_field.name == 'refine':
            choices = (*choices, GLOBAL)
            text += f' {GLOBAL}: the window, then the whole recording at once.'
        if isinstance(config_field.default, bool):
            group.add_argument(flag, action=argparse.BooleanOptionalAction, help=text,
                               default=config_field.default)
        else:
            # argparse cannot express open choices: OdometryConfig checks them.
            listed = {'metavar': f'{{{",".join(described.choices)}}}'} if described.is_open \
                else {'choices': choices or None}
            group.add_argument(flag, type=type(config_field.default), help=text,
                               default=config_field.default, **listed)


def odometry_config(options: argparse.Namespace) -> OdometryConfig:
    """Return the configuration that the options give; raises ConfigError for a wrong one."""
    return OdometryConfig(**{config_field.name: getattr(options, config_field.name)
                             for config_field in fields(OdometryConfig)})


def print_lines(lines: Iterator[str]) -> int:
    """Print each line as soon as it is known; return the exit code."""
    for line in lines:
        sys.stdout.write(line + '\n')
        sys.stdout.flush()
    return EXIT_OK
