# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run diagnostic tasks once per period, and publish what they say."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from diagnostic_updater.status_wrapper import DiagnosticStatusWrapper

Run = Callable[[DiagnosticStatusWrapper], DiagnosticStatusWrapper]


class Updater:
    """Publish the state of a node on /diagnostics."""

    def __init__(self, node: Node, period: float = 1.0) -> None:
        """Declare the parameter diagnostic_updater.period [s] and start the timer."""
        self.node = node
        self.hwid = ''
        self._tasks: list[tuple[str, Run]] = []
        self._lock = Lock()
        self.publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 1)
        self.timer = node.create_timer(
            node.declare_parameter('diagnostic_updater.period', period).value, self.update)

    def setHardwareID(self, hwid: str) -> None:
        """Name the device that all tasks are about."""
        self.hwid = hwid

    def add(self, *args: Any) -> None:  # noqa: ANN401
        """Add a DiagnosticTask, or a name and a function that fills a status and returns it."""
        name, run = args if len(args) == 2 else (args[0].getName(), args[0].run)
        starting = DiagnosticStatusWrapper(name=name)
        starting.summary(DiagnosticStatus.OK, 'Node starting up')
        with self._lock:
            self._tasks.append((name, run))
            self._publish([starting])

    def update(self) -> None:
        """Run every task and publish."""
        with self._lock:
            self._publish([self._run(name, run) for name, run in self._tasks])

    def force_update(self) -> None:
        """Update now."""
        self.update()

    def _run(self, name: str, run: Run) -> DiagnosticStatusWrapper:
        status = DiagnosticStatusWrapper(
            level=DiagnosticStatus.ERROR, name=name, message='No message was set',
            hardware_id=self.hwid)
        return run(status)

    def _publish(self, statuses: list[DiagnosticStatusWrapper]) -> None:
        array = DiagnosticArray()
        array.header.stamp = self.node.get_clock().now().to_msg()
        for status in statuses:
            array.status.append(DiagnosticStatus(
                level=status.level, name=f'{self.node.get_name()}: {status.name}',
                message=status.message, hardware_id=status.hardware_id, values=status.values))
        self.publisher.publish(array)
