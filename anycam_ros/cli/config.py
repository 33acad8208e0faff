# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`anycam config`: print the parameter file of the node."""

import argparse
import sys

from anycam_ros.cli.arguments import Commands, EXIT_OK
from anycam_ros.node.config import NodeConfig
from anycam_ros.odometry import OdometryConfig
from anycam_ros.odometry.parameter_file import render_parameter_file


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        'config', help='print the parameter file of the node',
        description='Print a ROS parameter file with every parameter, its range and default.')
    parser.set_defaults(run=_run)


def _run(_options: argparse.Namespace) -> int:
    sys.stdout.write(render_parameter_file((NodeConfig, OdometryConfig)))
    return EXIT_OK
