# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam train`: train a network, or go on with its training."""

import argparse
from pathlib import Path

from anycam_ros.cli.arguments import Commands, EXIT_INTERRUPTED, EXIT_OK
from anycam_ros.optional_package import needed_for

EXIT_CODES = """\
exit code: 0 all steps are done, or the time is over; 2 cannot run, or cannot go on;
130 interrupted, the same command goes on"""


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        'train', help='train a network, or go on with its training', epilog=EXIT_CODES,
        description='Train what the configuration names. Where the output folder holds '
                    'checkpoints of the same configuration, the training goes on from the last. '
                    'Needs torch and safetensors.')
    parser.set_defaults(run=_run)
    parser.add_argument('config', type=Path, metavar='CONFIG',
                        help='YAML file with the configuration; docs/training.md has its keys')
    parser.add_argument('--output', type=Path, metavar='DIR',
                        help='folder for checkpoints, logs and weights, in place of that in '
                             'CONFIG; created if missing')
    parser.add_argument('--finetune', type=Path, metavar='CHECKPOINT',
                        help='start from these weights: a checkpoint (.pt), or the .safetensors '
                             'of an earlier training')
    parser.add_argument('--data', type=Path, nargs='+', default=(), metavar='PATH',
                        help='train on these, in place of options.data in CONFIG')


def _run(options: argparse.Namespace) -> int:
    with needed_for('training', 'pip install torch safetensors', 'BSD-3-Clause, Apache-2.0'):
        import safetensors  # noqa: F401  (an hour of training without it would be lost)

        from anycam_ros.training.trainer import Ending, train
    from anycam_ros.training.config import read_config

    config = read_config(options.config, options.output, options.data)
    result = train(config, finetune=options.finetune)
    return EXIT_INTERRUPTED if result.ending is Ending.INTERRUPTED else EXIT_OK
