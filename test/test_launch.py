# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file: what it refers to, and, where ROS 2 is installed, whether it launches."""

from collections.abc import Iterator
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import time

import pytest
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
import yaml

ROOT = Path(__file__).resolve().parents[1]
LAUNCH_FILE = ROOT / 'launch' / 'anycam.launch.py'
TEXT = LAUNCH_FILE.read_text('utf-8')
START_TIMEOUT_S = 90.0
DOMAIN_ID = 97

needs_launch = pytest.mark.skipif(
    shutil.which('ros2') is None,
    reason='ros2 launch is not on the PATH: it comes with ROS 2, and with no package index')


def test_every_configuration_file_exists() -> None:
    names = re.findall(r"CONFIG, '([^']+)'|, '(fastdds[^']+)'", TEXT)
    files = {''.join(name) for name in names}
    assert files == {'anycam.yaml', 'anycam.rviz', 'fastdds_large_images.xml'}
    assert all((ROOT / 'config' / name).is_file() for name in files)


def test_the_executable_is_the_one_that_is_installed() -> None:
    (executable,) = re.findall(r"package='anycam_ros', executable='(\w+)'", TEXT)
    assert os.access(ROOT / 'scripts' / executable, os.X_OK)


def test_the_parameters_are_those_of_the_launched_name() -> None:
    (name,) = re.findall(r"name='(anycam)'", TEXT)
    parameters = yaml.safe_load((ROOT / 'config' / 'anycam.yaml').read_text('utf-8'))
    # In any namespace.
    assert list(parameters) == [f'/**/{name}']


def test_the_player_waits_for_a_line_that_the_node_logs() -> None:
    (line,) = re.findall(r"LISTENING = b'(.+)'", TEXT)
    node = (ROOT / 'anycam_ros' / 'node' / 'anycam_node.py').read_text('utf-8')
    assert f"info(f'{line} " in node


def environment() -> dict[str, str]:
    """Return the environment without what other tests set, in a domain of its own."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.endswith('_DEFAULT_PROFILES_FILE')}
    return inherited | {'ROS_DOMAIN_ID': str(DOMAIN_ID)}


class Launched:
    """The launch file, started by ros2 launch; a stand-in plays the bag."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        player = folder / 'ros2'
        player.write_text(
            '#!/bin/sh\necho "player: $*"\necho "profile: $FASTDDS_DEFAULT_PROFILES_FILE"\n')
        player.chmod(0o755)
        self._output = (folder / 'output').open('w+')
        path = f'{folder}{os.pathsep}{os.environ["PATH"]}'
        self._process = subprocess.Popen(
            (str(shutil.which('ros2')), 'launch', 'anycam_ros', LAUNCH_FILE.name, *arguments),
            stdout=self._output, stderr=subprocess.STDOUT, start_new_session=True,
            env=environment() | {'PATH': path, 'ROS_LOG_DIR': str(folder)})

    def wait_for(self, pattern: str) -> str:
        """Return the first group of the pattern, once the output has it."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            found = re.search(pattern, self.output)
            if found:
                return found.group(1)
            time.sleep(0.2)
        raise AssertionError(f'no {pattern!r} in:\n{self.output}')

    @property
    def output(self) -> str:
        """Return what has been printed so far."""
        return Path(self._output.name).read_text('utf-8')

    def interrupt(self) -> int:
        """Stop everything as Ctrl-C does; return the exit status."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(timeout=30)


def parameter_of_the_node(name: str) -> ParameterValue:
    """Ask the running node."""
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN_ID)
    executor = SingleThreadedExecutor(context=context)
    node = Node('curious', context=context)
    executor.add_node(node)
    client = node.create_client(GetParameters, '/anycam/get_parameters')
    assert client.wait_for_service(timeout_sec=10.0)
    answer = client.call_async(GetParameters.Request(names=[name]))
    executor.spin_until_future_complete(answer, timeout_sec=10.0)
    (value,) = answer.result().values
    rclpy.shutdown(context=context)
    return value


@pytest.fixture
def launched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Launched]:
    """Launch with the arguments of the test, and stop."""
    launched = Launched(tmp_path, *request.param)
    yield launched
    if launched.interrupt() != 0:
        pytest.fail(launched.output)


@needs_launch
@pytest.mark.parametrize('launched', [['namespace:=robot', 'image:=front/raw']], indirect=True)
def test_the_node_listens_to_the_given_topic_in_its_namespace(launched: Launched) -> None:
    assert launched.wait_for(r'listening to (\S+?)[\x1b\s]') == '/robot/front/raw'
    assert 'player' not in launched.output


@needs_launch
@pytest.mark.parametrize('launched', [['bag:=/recordings/drive 7']], indirect=True)
def test_a_bag_is_played_to_a_node_that_listens(launched: Launched) -> None:
    assert launched.wait_for(r'player: (.*)').startswith('bag play /recordings/drive 7 --clock ')
    assert launched.wait_for(r'profile: (.*)').endswith('config/fastdds_large_images.xml')
    assert launched.output.index('listening to') < launched.output.index('player: ')


@needs_launch
@pytest.mark.parametrize('launched', [['bag:=drive'], ['use_sim_time:=true']], indirect=True)
def test_the_node_takes_its_time_from_the_bag(launched: Launched) -> None:
    launched.wait_for(r'(listening to)')
    assert parameter_of_the_node('use_sim_time').bool_value
