# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics through the stand-in of diagnostic_updater."""

import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from diagnostic_updater import (
    DiagnosticStatusWrapper,
    FrequencyStatus,
    FrequencyStatusParam,
    Updater,
)
import pytest
from ros_graph import RosGraph

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


def test_tasks_are_published_with_their_values(graph: RosGraph) -> None:
    received: list[DiagnosticArray] = []
    observer, camera = graph.node('observer'), graph.node('camera')
    observer.create_subscription(DiagnosticArray, '/diagnostics', received.append, 10)
    updater = Updater(camera, period=0.1)
    updater.setHardwareID('lens 3')

    def lens(stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        stat.summary(WARN, 'dusty')
        stat.add('grains', '12')
        return stat

    updater.add('lens', lens)
    updater.add(FrequencyStatus(FrequencyStatusParam({'min': 1.0}), 'shutter'))
    graph.spin_until(lambda: received and len(received[-1].status) == 2)
    status, shutter = received[-1].status
    assert (status.name, status.level, status.message) == ('camera: lens', WARN, 'dusty')
    assert (status.hardware_id, status.values[0].key) == ('lens 3', 'grains')
    assert (shutter.name, shutter.level) == ('camera: shutter', ERROR)
    assert camera.has_parameter('diagnostic_updater.period')


@pytest.mark.parametrize(('first', 'second', 'level', 'message'), [
    ((OK, 'fine'), (ERROR, 'broken'), ERROR, 'broken'),
    ((WARN, 'slow'), (OK, 'fine'), WARN, 'slow'),
    ((WARN, 'slow'), (ERROR, 'broken'), ERROR, 'slow; broken'),
    ((ERROR, 'broken'), (WARN, 'slow'), ERROR, 'broken; slow'),
])
def test_merging_keeps_the_worst_level_and_all_complaints(
        first: tuple[bytes, str], second: tuple[bytes, str], level: bytes, message: str) -> None:
    status = DiagnosticStatusWrapper()
    status.summary(*first)
    status.mergeSummary(*second)
    assert (status.level, status.message) == (level, message)


@pytest.mark.parametrize(('minimum_hz', 'maximum_hz', 'level'), [
    (10.0, 1e6, OK), (1e6, 2e6, WARN), (0.1, 1.0, WARN),
])
def test_the_rate_is_compared_to_its_bounds(
        minimum_hz: float, maximum_hz: float, level: bytes) -> None:
    frequency = FrequencyStatus(
        FrequencyStatusParam({'min': minimum_hz, 'max': maximum_hz}, window_size=2))
    for _ in range(100):
        frequency.tick()
    time.sleep(0.01)
    status = frequency.run(DiagnosticStatusWrapper())
    assert status.level == level
    assert status.values[0].value == '100'


def test_the_rate_is_that_of_the_window() -> None:
    frequency = FrequencyStatus(FrequencyStatusParam({'min': 1.0}, window_size=1))
    frequency.tick()
    time.sleep(0.01)
    assert frequency.run(DiagnosticStatusWrapper()).level == OK
    time.sleep(0.01)
    assert frequency.run(DiagnosticStatusWrapper()).message == 'No events recorded.'


def test_a_longer_window_remembers_the_report_before() -> None:
    frequency = FrequencyStatus(FrequencyStatusParam({'min': 1.0}, window_size=2))
    frequency.tick()
    for events in ('1', '1', '0'):
        time.sleep(0.01)
        assert frequency.run(DiagnosticStatusWrapper()).values[0].value == events
