# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The SROS 2 policy allows what the running node does, and nothing more."""

from pathlib import Path
from xml.etree import ElementTree as ET

from node_process import NodeProcess
from peer import Peer
import pytest

POLICY = Path(__file__).parents[2] / 'config' / 'anycam.policy.xml'
KINDS = {('topics', 'publish'): 'publisher', ('topics', 'subscribe'): 'subscriber',
         ('services', 'reply'): 'service', ('services', 'request'): 'client'}
# Each setting adds topics to those of the others.
SETTINGS = (
    ('base_frame:=base_link', 'depth:=topic', 'intrinsics:=given'),
    ('image_transport:=compressed', 'depth:=topic', 'depth_transport:=compressedDepth',
     'use_sim_time:=true'),
    ('scale_source:=topic',))
# A mere name server of types since Jazzy, and time; not in every distribution.
NOT_EVERYWHERE = {'/anycam/get_type_description', '/parameter_events'}


def absolute(name: str) -> str:
    """Return the full name of a relative or private one of the node anycam in /."""
    return name if name.startswith('/') else '/' + name.replace('~', 'anycam')


@pytest.fixture(scope='module')
def allowed() -> dict[str, set[str]]:
    """Return the names that the policy allows, by kind; the schema is that of sros2 0.2.0."""
    policy = ET.parse(POLICY).getroot()
    assert (policy.tag, policy.attrib) == ('policy', {'version': '0.2.0'})
    profile, = policy.findall('enclaves/enclave[@path="/anycam"]/profiles/profile')
    assert profile.attrib == {'ns': '/', 'node': 'anycam'}
    names: dict[str, set[str]] = {kind: set() for kind in KINDS.values()}
    for group in profile:
        for rule, verdict in group.attrib.items():
            assert verdict == 'ALLOW'
            names[KINDS[group.tag, rule]] |= {
                absolute(entry.text or '') for entry in group.findall(group.tag[:-1])}
    return names


def test_policy_is_what_the_node_does(peer: Peer, allowed: dict[str, set[str]]) -> None:
    seen: dict[str, set[str]] = {kind: set() for kind in KINDS.values()}
    for settings in SETTINGS:
        with NodeProcess(parameters=settings) as node:
            node.wait_for_log('listening')
            for kind in seen:
                seen[kind] |= peer.graph_of_node(kind).keys()
    for kind, names in seen.items():
        assert names - allowed[kind] == set(), f'{kind}: not allowed'
        assert allowed[kind] - names - NOT_EVERYWHERE == set(), f'{kind}: not needed'
