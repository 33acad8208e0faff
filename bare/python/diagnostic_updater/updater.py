# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run diagnostic tasks once per period, and publish what they say."""

from collections.abc import Callable
from threading import Lock

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from diagnostic_updater.status_wrapper import DiagnosticStatusWrapper

Run = Callable[[DiagnosticStatusWrapper], DiagnosticStatusWrapper]


class Updater:
    """Publish the state of a node on /diagnostics."""

    def __init__(self, node: Node, period: float = 1.0) -> None:
        """Declare the parameter diagnostic_updater.period [s] and start the timer.

        The timer follows the clock of the node: while simulated time stands, so does it.
        """
        self.node = node
        self.hwid = ''
        self._tasks: list[tuple[str, Run]] = []
        self._lock = Lock()
        self.publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 1)
        self._period: float = node.declare_parameter('diagnostic_updater.period', period).value
        self.timer = node.create_timer(self._period, self.update)
        qualified: bool = node.declare_parameter('diagnostic_updater.use_fqn', False).value
        self._node_name = f'{node.get_namespace()}/{node.get_name()}' if qualified \
            else node.get_name()

    @property
    def period(self) -> float:
        """Return the time between two updates, s."""
        return self._period

    def setHardwareID(self, hwid: str) -> None:
        """Name the device that all tasks are about."""
        self.hwid = hwid

    def add(self, name: str, fn: Run) -> None:
        """Add a function that fills a status and returns it."""
        starting = DiagnosticStatusWrapper(name=name)
        starting.summary(DiagnosticStatus.OK, 'Node starting up')
        with self._lock:
            self._tasks.append((name, fn))
            self._publish([starting])

    def update(self) -> None:
        """Run every task and publish."""
        with self._lock:
            statuses = [self._run(name, run) for name, run in self._tasks]
        self._publish(statuses)

    def force_update(self) -> None:
        """Update now."""
        self.update()

    def _run(self, name: str, run: Run) -> DiagnosticStatusWrapper:
        return run(DiagnosticStatusWrapper(
            level=DiagnosticStatus.ERROR, name=name, message='No message was set',
            hardware_id=self.hwid))

    def _publish(self, statuses: list[DiagnosticStatusWrapper]) -> None:
        array = DiagnosticArray()
        array.header.stamp = self.node.get_clock().now().to_msg()
        for status in statuses:
            array.status.append(DiagnosticStatus(
                level=status.level, name=f'{self._node_name}: {status.name}',
                message=status.message, hardware_id=status.hardware_id, values=status.values))
        self.publisher.publish(array)
