# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node and the player, each in a process of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
CONFIG = REPOSITORY / 'config'
NAMESPACE, IMAGE_TOPIC = 'demo', 'camera/image'
STOP_TIMEOUT_S = 10.0

Process = subprocess.Popen[str]


def choose_domain() -> None:
    """Keep other ROS nodes of this machine and of the network out, unless asked not to."""
    os.environ.setdefault('ROS_DOMAIN_ID', str(20 + os.getpid() % 80))
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')


@contextmanager
def running_node(log: Path) -> Iterator[Process]:
    """Run the node with the shipped parameters; what it says goes to the log."""
    with log.open('w') as output:
        process = subprocess.Popen(
            [sys.executable, '-m', 'anycam_ros.node', '--ros-args', '-r', f'__ns:=/{NAMESPACE}',
             '-r', f'image:={IMAGE_TOPIC}', '--params-file', str(CONFIG / 'anycam.yaml')],
            cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT, text=True)
        try:
            yield process
        finally:
            _stop(process)


@contextmanager
def running_player(arguments: Sequence[str]) -> Iterator[Process]:
    """Run the player, with a transport that can carry whole images."""
    variable = 'FASTRTPS_DEFAULT_PROFILES_FILE' if os.environ.get('ROS_DISTRO') == 'humble' \
        else 'FASTDDS_DEFAULT_PROFILES_FILE'
    process = subprocess.Popen(
        [sys.executable, str(HERE / 'player.py'), *arguments], stdout=subprocess.PIPE, text=True,
        cwd=REPOSITORY, env={**os.environ, variable: str(CONFIG / 'fastdds_large_images.xml')})
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: Process) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
