# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drive the node as its own process over DDS, on a domain of this test run's own."""

from collections.abc import Iterator
import os
from pathlib import Path

# Humble and Jazzy always check the types of message fields, Kilted on demand.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'
# What follows is read when rclpy creates its first participant.
os.environ['ROS_DOMAIN_ID'] = str(20 + os.getpid() % 80)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
PROFILE = str(Path(__file__).parents[2] / 'config' / 'fastdds_large_images.xml')
os.environ['FASTDDS_DEFAULT_PROFILES_FILE'] = PROFILE
os.environ['FASTRTPS_DEFAULT_PROFILES_FILE'] = PROFILE

from node_process import NodeProcess  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from peer import Peer  # noqa: E402
import pytest  # noqa: E402
import rclpy  # noqa: E402

from anycam_ros.simulation.rendered_scene import RenderedScene  # noqa: E402

CLIP_FRAMES = 24


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder: all of them take part in a ROS graph."""
    here = Path(__file__).parent
    for item in items:      # of the whole run
        if here in item.path.parents:
            item.add_marker(pytest.mark.node)


@pytest.fixture(scope='session')
def scene() -> RenderedScene:
    """Film a still room with a walking camera."""
    return RenderedScene(320, 240, moving=False)


@pytest.fixture(scope='session')
def clip(scene: RenderedScene) -> list[NDArray[np.uint8]]:
    """Return the first frames of the scene, RGB."""
    return [scene.frame(index).image_rgb for index in range(CLIP_FRAMES)]


@pytest.fixture(scope='session', autouse=True)
def _ros() -> Iterator[None]:
    rclpy.init()
    yield
    rclpy.shutdown()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Return a camera and recorder that talks to a node in the root namespace."""
    with Peer() as peer:
        yield peer


@pytest.fixture
def node(peer: Peer) -> Iterator[NodeProcess]:
    """Run the node with its default parameters."""
    with NodeProcess() as node:
        peer.wait_until_connected()
        yield node
