# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The example for robot_localization fits what the node publishes."""

from pathlib import Path
import re

import pytest
import yaml

from anycam_ros.node.config import NodeConfig

ROOT = Path(__file__).parents[1]
EKF = ROOT / 'config' / 'ekf.yaml'
# Order of robot_localization: positions, angles, velocities, rates, accelerations.
POSITION, ANGLE, VELOCITY, RATE, ACCELERATION = (slice(3 * part, 3 * part + 3)
                                                 for part in range(5))


@pytest.fixture
def parameters() -> dict[str, object]:
    return dict(yaml.safe_load(EKF.read_text('utf-8'))['ekf_filter_node']['ros__parameters'])


def test_frames_and_topic_are_those_of_the_node(parameters: dict[str, object]) -> None:
    assert parameters['odom_frame'] == parameters['world_frame'] == NodeConfig().odom_frame
    outputs = (ROOT / 'anycam_ros' / 'node' / 'outputs' / 'outputs.py').read_text('utf-8')
    assert f"Odometry, '{parameters['odom0']}'" in outputs
    assert 'publish_tf: false' in EKF.read_text('utf-8'), 'two parents of base_link'


def test_without_metres_only_rotation_is_fused(parameters: dict[str, list[bool]]) -> None:
    fused = parameters['odom0_config']
    assert len(fused) == 15
    assert not any(fused[POSITION] + fused[VELOCITY] + fused[ACCELERATION])
    assert fused[ANGLE][2]
    assert all(fused[RATE])


def test_with_metres_velocity_is_fused_too() -> None:
    """The commented variant is valid when it is taken in."""
    commented = re.search(r'# (odom0_config: \[.*?\])', EKF.read_text('utf-8'), re.DOTALL)
    assert commented
    fused = yaml.safe_load(commented[1].replace('#', ' '))['odom0_config']
    assert len(fused) == 15
    assert all(fused[VELOCITY] + fused[RATE])
    assert not any(fused[POSITION] + fused[ACCELERATION])


def test_parameters_of_the_note_exist() -> None:
    note = (ROOT / 'docs' / 'nav2.md').read_text('utf-8')
    config = (ROOT / 'config' / 'anycam.yaml').read_text('utf-8')
    known = set(yaml.safe_load(config)['/**/anycam']['ros__parameters'])
    for block in re.findall(r'```yaml\n(.*?)```', note, re.DOTALL):
        given = yaml.safe_load(block)['/**/anycam']['ros__parameters']
        assert set(given) <= known
