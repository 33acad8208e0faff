# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics through the stand-in of diagnostic_updater."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from diagnostic_updater import DiagnosticStatusWrapper, Updater
from ros_graph import RosGraph


def dusty(stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
    stat.summary(DiagnosticStatus.WARN, 'dusty')
    stat.add('grains', '12')
    return stat


def test_tasks_are_published_with_their_values(graph: RosGraph) -> None:
    received: list[DiagnosticArray] = []
    observer, camera = graph.node('observer'), graph.node('camera')
    observer.create_subscription(DiagnosticArray, '/diagnostics', received.append, 10)
    updater = Updater(camera, period=0.1)
    updater.setHardwareID('lens 3')
    updater.add('lens', dusty)
    updater.add('shutter', lambda stat: stat)
    graph.spin_until(lambda: received and len(received[-1].status) == 2)
    lens, shutter = received[-1].status
    assert (lens.name, lens.message) == ('camera: lens', 'dusty')
    assert (lens.level, shutter.level) == (DiagnosticStatus.WARN, DiagnosticStatus.ERROR)
    assert (lens.hardware_id, lens.values[0].key) == ('lens 3', 'grains')
    assert (updater.period, camera.get_parameter('diagnostic_updater.period').value) == (0.1, 0.1)


def test_without_its_timer_it_publishes_when_told(graph: RosGraph) -> None:
    received: list[DiagnosticArray] = []
    observer, camera = graph.node('observer'), graph.node('camera')
    observer.create_subscription(DiagnosticArray, '/diagnostics', received.append, 10)
    updater = Updater(camera, period=0.1)
    updater.timer.cancel()
    updater.add('lens', dusty)
    graph.spin_until(updater.publisher.get_subscription_count)
    updater.force_update()
    graph.spin_until(lambda: received and received[-1].status[0].message == 'dusty')
