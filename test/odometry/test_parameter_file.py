# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped parameter file lists every option with its default."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from anycam_ros.errors import ConfigError
from anycam_ros.node.config import NodeConfig
from anycam_ros.odometry import OdometryConfig
from anycam_ros.odometry.options import describe
from anycam_ros.odometry.parameter_file import render_parameter_file

SHIPPED = Path(__file__).parents[2] / 'config' / 'anycam.yaml'
CONFIGS = (NodeConfig, OdometryConfig)


def test_shipped_file_is_the_one_rendered_from_the_declarations() -> None:
    assert SHIPPED.read_text('utf-8') == render_parameter_file(CONFIGS)


def test_file_holds_the_defaults() -> None:
    parsed = yaml.safe_load(SHIPPED.read_text('utf-8'))
    defaults = {field.name: list(field.default) if isinstance(field.default, tuple)
                else field.default for config in CONFIGS for field in fields(config)}
    loaded = parsed['/**/anycam']['ros__parameters']
    assert loaded == defaults
    assert {name: type(value) for name, value in loaded.items()} \
        == {name: type(value) for name, value in defaults.items()}


def test_file_explains_each_option() -> None:
    text = ' '.join(line.strip(' #') for line in SHIPPED.read_text('utf-8').splitlines())
    for config in CONFIGS:
        for field in fields(config):
            assert describe(field).description in text
            assert describe(field).allowed in text


@pytest.mark.parametrize(('name', 'value'), [
    ('odom_frame', ''), ('odom_frame', '/odom'), ('base_frame', ' base'), ('base_frame', 'odom'),
    ('image_transport', 'theora'), ('path_max_size', -1), ('path_max_size', 1.5),
    ('wait_for_transform_s', float('nan')), ('publish_tf', 1), ('initial_pose', (1.0, 2.0)),
    ('initial_pose', (0.0, 0.0, float('nan'), 0.0, 0.0, 0.0)), ('initial_pose', 'origin'),
    ('two_d_mode', True)])
def test_wrong_value_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        NodeConfig(**{name: value})  # type: ignore[arg-type]


def test_plane_holds_the_initial_pose() -> None:
    NodeConfig(two_d_mode=True, base_frame='base_link', initial_pose=(1.0, 2.0, 0.0, 0, 0, 3.0))
    with pytest.raises(ConfigError, match='its z, roll and pitch must be 0'):
        NodeConfig(two_d_mode=True, base_frame='base_link',
                   initial_pose=(1.0, 2.0, 0.5, 0.0, 0.0, 3.0))
