# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parser of the command line, and main()."""

import argparse
from collections.abc import Callable, Sequence
import sys

import anycam_ros
from anycam_ros.cli import benchmark, config, export, odometry, train, weights
from anycam_ros.cli.arguments import EXIT_CANNOT_RUN, EXIT_INTERRUPTED
from anycam_ros.errors import AnyCamError

COMMANDS = odometry, config, weights, export, train, benchmark


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (AnyCamError, OSError) as error:
        sys.stderr.write(f'anycam: error: {error}\n')
        return EXIT_CANNOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write('anycam: interrupted\n')
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='anycam', description='Visual odometry from one uncalibrated camera.')
    parser.add_argument('--version', action='version', version=anycam_ros.__version__)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    for command in COMMANDS:
        command.add_parser(commands)
    return parser
