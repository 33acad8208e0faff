# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of all kinds in one run, in random order: seen in the status, survived, and overcome.

The suite has each kind once; ANYCAM_SOAK=1 (make soak) makes it 200 in one run, of each node.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
import os
import random
import sys

from faults import Fault, FAULTS, FAULTS_WITH_DEPTH
from faulty_camera import CALM_FRAMES, FaultyCamera
from node_process import NodeProcess
import numpy as np
from odom_steps import assert_smooth, extent
from peer import Peer
import pytest

from anycam_ros.msg import Status
from anycam_ros.simulation.rendered_scene import RenderedFrame, RenderedScene

pytestmark = pytest.mark.soak
IN_SOAK = 200 if 'ANYCAM_SOAK' in os.environ else 0
SEED = 7
CLIP_FRAMES = 90
Walk = Sequence[RenderedFrame]


@pytest.fixture(scope='module')
def walk(scene: RenderedScene) -> Walk:
    return [scene.frame(index) for index in range(CLIP_FRAMES)]


def test_faults(node: NodeProcess, peer: Peer, walk: Walk) -> None:
    survive(FaultyCamera(peer, walk), node, in_random_order(FAULTS), walk)


def test_faults_with_depth_and_calibration(scene: RenderedScene, walk: Walk) -> None:
    parameters = ['depth:=topic', 'intrinsics:=given']
    with Peer() as peer, NodeProcess(parameters=parameters) as node:
        peer.wait_until_connected()
        camera = FaultyCamera(peer, walk, scene.intrinsics)
        kinds = {**FAULTS, **FAULTS_WITH_DEPTH} if IN_SOAK else FAULTS_WITH_DEPTH
        survive(camera, node, in_random_order(kinds), walk)


def in_random_order(faults: Mapping[str, Fault]) -> Iterator[tuple[str, Fault]]:
    """Return each kind once, or 200 of them; the order is the same in every run."""
    generator = random.Random(SEED)
    kinds = list(faults.items())
    chosen = [kinds[index % len(kinds)] for index in range(max(IN_SOAK, len(kinds)))]
    generator.shuffle(chosen)
    return iter(chosen)


def survive(camera: FaultyCamera, node: NodeProcess, faults: Iterator[tuple[str, Fault]],
            walk: Walk) -> None:
    camera.introduce()
    statuses = camera.peer.statuses
    recoveries: dict[str, list[int]] = {}
    for name, fault in faults:
        count, before = len(statuses), statuses[-1]
        fault.inflict(camera)
        recoveries.setdefault(name, []).append(camera.film_until_tracking())
        assert node.is_alive, f'{name}: {node.log}'
        since = statuses[count:]
        assert fault.shows(before, since), told(name, [before, *since])
        camera.film(CALM_FRAMES)
        assert statuses[-1].state == Status.TRACKING, (name, statuses[-1].reason)
    for name, frames in sorted(recoveries.items()):
        sys.stdout.write(f'{name}: {len(frames)} times, TRACKING again after at most '
                         f'{max(frames) / 30:.1f} s\n')
    poses = [frame.T_world_camera for frame in walk]
    steps = np.array([extent(*pair) for pair in pairwise(poses)])
    assert_smooth(list(camera.peer.received['odom'].values()), camera.sent, *steps.max(axis=0))
    assert statuses[-1].frames_received == statuses[-1].frames_processed \
        + statuses[-1].frames_dropped + statuses[-1].frames_rejected


def told(name: str, statuses: Sequence[Status]) -> str:
    """Return what the statuses say, in short."""
    return '\n'.join([name, *(
        f'state {status.state}, cause {status.cause} {status.reason}; '
        f'{status.frames_rejected} rejected, {status.frames_missing} missing, '
        f'{status.frames_unchanged} unchanged, scale {status.scale_source}'
        for status in statuses)])
