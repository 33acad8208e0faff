# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the running node: refused with the allowed range, changed where it makes sense."""

import re

from node_process import NodeProcess
from peer import Peer
import pytest
from rcl_interfaces.srv import DescribeParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter

from anycam_ros.node.parameters import FIELDS


@pytest.mark.parametrize(('parameter', 'complaint'), [
    ('path_max_size:=-3', '0 to 20000 poses'),
    ('path_max_size:=many', '0 to 20000 poses'),
    ('wait_for_transform_s:=60.0', '0 to 2 s'),
    ('image_transport:=theora', "'raw', 'compressed'"),
    ('intrinsics:=guess', "'estimate', 'given'"),
    ('motion:=network', 'the AnyCam network needs depth'),
    ('flow:=farneback', "'dis', 'raft', 'ptlflow:<model>'"),
    ('depth:=lidar', "'transformers:<model>'"),
    ('odom_frame:=/odom', "Use 'odom'"),
    ('base_frame:=odom', 'differ from'),
    ('initial_pose:=[1.0, 2.0]', '6 numbers, in m and rad'),
    ('two_d_mode:=true', 'Set base_frame, such as base_link'),
])
def test_wrong_value_ends_the_start(parameter: str, complaint: str) -> None:
    node = NodeProcess(parameters=[parameter])
    assert node.wait() == 2
    assert parameter.split(':=', 1)[0] in node.log
    assert complaint in node.log
    assert 'Traceback' not in node.log


def test_network_that_is_not_to_be_had_ends_the_start() -> None:
    node = NodeProcess(parameters=['flow:=ptlflow:no_such_model'])
    assert node.wait() == 2
    assert re.search('pip install|has no such model', node.log)
    assert 'Traceback' not in node.log


def test_misspelt_parameter_is_named() -> None:
    with NodeProcess(parameters=['base_frme:=base_link']) as node:
        node.wait_for_log('base_frme does not exist and is ignored; did you mean base_frame')


def test_shipped_file_starts_the_node_in_any_namespace() -> None:
    with Peer('/robot') as peer, \
            NodeProcess('-r', '__ns:=/robot', '--params-file', 'config/anycam.yaml') as node:
        peer.wait_until_connected()
        assert 'does not exist' not in node.log


def test_file_reaches_the_node_in_a_namespace(tmp_path: object) -> None:
    path = f'{tmp_path}/wrong.yaml'
    with open(path, 'w', encoding='utf-8') as file:  # noqa: PTH123
        file.write('/**/anycam:\n  ros__parameters:\n    path_max_size: -1\n')
    node = NodeProcess('-r', '__ns:=/robot', '--params-file', path)
    assert node.wait() == 2


@pytest.mark.usefixtures('node')
def test_every_option_is_described(peer: Peer) -> None:
    listed = peer.call(ListParameters, '/anycam/list_parameters', ListParameters.Request())
    assert set(FIELDS) <= set(listed.result.names)
    described = peer.call(DescribeParameters, '/anycam/describe_parameters',
                          DescribeParameters.Request(names=list(FIELDS)))
    for descriptor in described.descriptors:
        assert descriptor.description, descriptor.name
        assert descriptor.additional_constraints, descriptor.name
    by_name = {descriptor.name: descriptor for descriptor in described.descriptors}
    assert by_name['path_max_size'].integer_range[0].to_value == 20000
    assert by_name['wait_for_transform_s'].floating_point_range[0].to_value == 2.0


@pytest.mark.parametrize(('name', 'value', 'complaint'), [
    ('path_max_size', -1, 'Min: 0, Max: 20000, value: -1'),
    ('path_max_size', 'ten', 'allowed: int, 0 to 20000 poses'),
    ('image_transport', 'theora', "'raw', 'compressed'"),
    ('image_transport', 'compressed', 'fixed while the node is configured'),
])
@pytest.mark.usefixtures('node')
def test_running_node_refuses(peer: Peer, name: str, value: object, complaint: str) -> None:
    result = set_parameter(peer, name, value)
    assert not result.successful
    assert complaint in result.reason


@pytest.mark.usefixtures('node')
def test_running_node_changes_what_may_change(peer: Peer) -> None:
    for name, value in (('path_max_size', 5), ('publish_tf', False), ('wait_for_transform_s', 1)):
        assert set_parameter(peer, name, value).successful


def set_parameter(peer: Peer, name: str, value: object) -> object:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return peer.call(SetParameters, '/anycam/set_parameters', request).results[0]
