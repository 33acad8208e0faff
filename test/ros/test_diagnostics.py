# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""/diagnostics says how the node is and what is missing, also while nothing else runs."""

from collections.abc import Iterator
import re
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from node_process import NodeProcess
import numpy as np
from numpy.typing import NDArray
from peer import (
    CAMERA_FRAME,
    header_at,
    image_message,
    NANOSECONDS,
    Peer,
    PERIOD_NS,
    STARTUP_S,
)
import pytest
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool

Clip = list[NDArray[np.uint8]]
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
NAMES = {'camera', 'odometry', 'output', 'frames', 'memory'}


class Monitor:
    """Keep the newest diagnostic status of each task of the node."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.newest: dict[str, DiagnosticStatus] = {}
        self.updates = 0
        peer.node.create_subscription(DiagnosticArray, '/diagnostics', self._keep, 10)

    def _keep(self, array: DiagnosticArray) -> None:
        self.newest |= {status.name.removeprefix('anycam: '): status for status in array.status}
        self.updates += len(array.status) == len(NAMES)

    def wait_for(self, name: str, level: bytes, pattern: str, timeout_s: float = 20.0
                 ) -> dict[str, str]:
        """Wait until the task says so, and return its values."""
        def says_so() -> bool:
            status = self.newest.get(name)
            return status is not None and status.level == level \
                and re.search(pattern, status.message) is not None
        try:
            self._peer.wait_for(says_so, timeout_s, f'{name}: {pattern}')
        except AssertionError as error:
            raise AssertionError(f'{error}; but {self.newest.get(name)}') from error
        return {value.key: value.value for value in self.newest[name].values}


@pytest.fixture
def monitor(peer: Peer) -> Iterator[Monitor]:
    return Monitor(peer)


def film(peer: Peer, clip: Clip, start_ns: int, rate_hz: float) -> None:
    """Send the clip to and fro, in real time, for three seconds."""
    to_and_fro = (clip + clip[::-1]) * 2
    for index in range(round(3 * rate_hz)):
        peer.publish(image_message(header_at(start_ns + index * PERIOD_NS),
                                   to_and_fro[index % len(to_and_fro)]))
        time.sleep(1 / rate_hz)


@pytest.mark.usefixtures('node')
def test_running_node_is_described(peer: Peer, monitor: Monitor, clip: Clip) -> None:
    monitor.wait_for('camera', ERROR, 'no image: /image has a publisher, but no image arrives')
    assert set(monitor.newest) == NAMES
    assert monitor.newest['camera'].hardware_id == 'none'
    film(peer, clip, NANOSECONDS, 20.0)
    values = monitor.wait_for('camera', OK, 'Hz', 2.0)
    assert 5 < float(values['Actual frequency (Hz)']) < 30
    assert float(monitor.wait_for('memory', OK, 'MiB')['Resident (MiB)']) > 20
    values = monitor.wait_for('odometry', OK, '^TRACKING$', 2.0)
    assert (values['State'], values['Cause'], values['Scale from']) == ('TRACKING', 'NONE', 'none')
    times_ms = {key: float(value) for key, value in values.items() if key.endswith(' (ms)')}
    assert {'total (ms)', 'publish (ms)'} <= set(times_ms)
    assert times_ms['total (ms)'] > 0
    assert all(time_ms >= 0 for time_ms in times_ms.values())
    # The stamps of the clip are half a century old.
    values = monitor.wait_for('output', WARN, 's old .* use_sim_time', 2.0)
    assert float(values['Actual frequency (Hz)']) > 2
    assert {status.hardware_id for status in monitor.newest.values()} == {CAMERA_FRAME}

    peer.call(SetBool, 'anycam/pause', SetBool.Request(data=True))
    monitor.wait_for('camera', WARN, 'paused')
    monitor.wait_for('odometry', WARN, 'LOST: paused')


@pytest.mark.usefixtures('node')
def test_frames_that_are_refused_or_black_are_errors(
        peer: Peer, monitor: Monitor, clip: Clip) -> None:
    peer.play(clip, NANOSECONDS)
    black_ns = NANOSECONDS + len(clip) * PERIOD_NS
    peer.play([np.zeros_like(clip[0])] * 3, black_ns)
    monitor.wait_for('odometry', ERROR, '^LOST: ')
    for index in range(30):
        wrong = image_message(header_at(black_ns + (3 + index) * PERIOD_NS), clip[0], 'theora')
        peer.send(wrong)
        time.sleep(0.1)
        if monitor.newest['camera'].level == ERROR and 'theora' in \
                monitor.newest['camera'].message:
            break
    else:
        pytest.fail(f'{monitor.newest["camera"]}')
    values = monitor.wait_for('frames', WARN, 'rejected', 3.0)
    assert 'theora' in values['Last rejection']
    assert int(values['Frames rejected']) > 0


def test_missing_transform_is_an_error_that_names_it(monitor: Monitor, peer: Peer, clip: Clip
                                                     ) -> None:
    with NodeProcess(parameters=['base_frame:=base_link']):
        peer.wait_until_connected()
        peer.play(clip[:4])
        monitor.wait_for('odometry', ERROR, f"no transform from 'base_link' to '{CAMERA_FRAME}'")
        monitor.wait_for('output', ERROR, 'no odometry: no transform')


def test_clock_that_does_not_run_is_an_error(monitor: Monitor, peer: Peer) -> None:
    """Diagnostics come all the same: they do not follow the clock that they watch."""
    with NodeProcess(parameters=['use_sim_time:=true', 'diagnostic_updater.period:=0.5']) as node:
        monitor.wait_for('camera', ERROR, 'no time has come on /clock', STARTUP_S)
        peer.wait_for(lambda: any('no time has come on /clock' in status.reason
                                  for status in peer.statuses), 5.0, 'status that says so')
        clock = peer.node.create_publisher(Clock, '/clock', 1)
        message = Clock()
        message.clock.sec = 7
        peer.wait_for(lambda: clock.get_subscription_count() > 0, 5.0, 'subscription to /clock')
        clock.publish(message)
        monitor.wait_for('camera', ERROR, 'no image: ')
        monitor.wait_for('camera', ERROR, 'clock has stopped at 7.000 s')
        before, start_s = monitor.updates, time.monotonic()
        peer.wait_for(lambda: monitor.updates >= before + 4, 5.0, 'four updates')
        assert time.monotonic() - start_s < 3.5
        assert 'does not exist' not in node.log


def test_node_that_waits_for_its_manager_says_so(monitor: Monitor) -> None:
    with NodeProcess(parameters=['autostart:=false']):
        monitor.wait_for('camera', OK, 'not active', STARTUP_S)
