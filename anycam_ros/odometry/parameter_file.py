# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameter file: every field of the configurations with its meaning, range and default."""

from collections.abc import Iterable
from dataclasses import Field, fields
import json
from textwrap import indent, wrap
from typing import Any

from anycam_ros.odometry.options import describe

HEADER = """\
# Parameters of the anycam node with their defaults. Written by `anycam config`.
#
#   ros2 launch anycam_ros anycam.launch.py params_file:=my_anycam.yaml
#   ros2 run anycam_ros anycam_node --ros-args --params-file my_anycam.yaml

/**/anycam:
  ros__parameters:
"""


def render_parameter_file(config_types: Iterable[type]) -> str:
    """Return a ROS parameter file in YAML that lists each field of the dataclasses."""
    entries = (_entry(field) for config in config_types for field in fields(config))
    return HEADER + '\n'.join(indent(entry, '    ') for entry in entries)


def _entry(field: 'Field[Any]') -> str:
    described = describe(field)
    unit = f', in {described.unit}' if described.unit and described.choices else ''
    comment = f'{described.description} Allowed: {described.allowed}{unit}.'
    lines = (f'# {line}\n' for line in wrap(comment, 90, break_on_hyphens=False))
    return ''.join(lines) + f'{field.name}: {json.dumps(field.default)}\n'
