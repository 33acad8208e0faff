# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node says on /diagnostics, once a second; a frame costs nothing for it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from diagnostic_updater import DiagnosticStatusWrapper, Updater
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]   # as in Humble
from rclpy.node import Node

from anycam_ros.msg import Status
from anycam_ros.node.diagnostics import diagnostic_results
from anycam_ros.node.diagnostics.clock_watch import ClockWatch
from anycam_ros.node.diagnostics.diagnostic_results import DiagnosticResult, Sample
from anycam_ros.node.diagnostics.memory_use import cuda_bytes, resident_bytes
from anycam_ros.node.diagnostics.topic_watch import incompatible_subscriber
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.node.outputs.outputs import Outputs

WINDOW = 6      # samples over which rates are taken


@dataclass(frozen=True, eq=False)
class Watched:
    """Hold the parts of an active node that tell how it is."""

    image_queue: LatestOnlyQueue[Any]
    outputs: Outputs
    why_silent: Callable[[], str]


class Diagnostics:
    """Report on what is watched, and that nothing is while the node is not active."""

    def __init__(self, node: Node) -> None:
        """Report from now on."""
        self._node = node
        self._watched: Watched | None = None
        self._samples: deque[Sample] = deque(maxlen=WINDOW)
        self._clock_watch = ClockWatch(node.get_clock())
        self._updater = Updater(node)
        self._updater.setHardwareID('none')     # until an image tells the camera
        for name, task in (('camera', self._camera), ('odometry', self._odometry),
                           ('output', self._output), ('frames', self._frames)):
            self._updater.add(name, self._filled(task))
        self._updater.add('memory', _memory)
        # The updater's own timer stands still with simulated time, which is worth a report.
        self._updater.timer.cancel()
        node.create_timer(self._updater.period, self._update,
                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    def watch(self, watched: Watched | None) -> None:
        """Report on this from now on; None: the node is not active."""
        self._watched = watched
        self._samples.clear()
        if watched is not None:
            self._samples.append(self._sample(watched))

    def _update(self) -> None:
        if self._watched is not None:
            self._samples.append(self._sample(self._watched))
            camera_frame = self._samples[-1].status.header.frame_id
            if camera_frame:
                self._updater.setHardwareID(camera_frame)
        self._updater.force_update()

    def _sample(self, watched: Watched) -> Sample:
        received = watched.image_queue.received
        is_silent = bool(self._samples) and received == self._samples[-1].received
        return Sample(monotonic(), received, watched.outputs.odometry_count,
                      watched.outputs.latest_status or Status(),
                      watched.why_silent() if is_silent else '',
                      self._clock_watch.why_stopped(), incompatible_subscriber(self._node))

    def _filled(self, task: Callable[[Sample, Sample], DiagnosticResult]
                ) -> Callable[[DiagnosticStatusWrapper], DiagnosticStatusWrapper]:
        def fill(stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
            if len(self._samples) < 2:
                return _put(DiagnosticResult(
                    diagnostic_results.OK, 'the node is not active', {}), stat)
            return _put(task(self._samples[-1], self._samples[-2]), stat)
        return fill

    def _camera(self, now: Sample, before: Sample) -> DiagnosticResult:
        return diagnostic_results.camera(now, before, self._rate_hz('received'))

    def _odometry(self, now: Sample, _before: Sample) -> DiagnosticResult:
        return diagnostic_results.odometry(now)

    def _output(self, now: Sample, before: Sample) -> DiagnosticResult:
        return diagnostic_results.output(now, before, self._rate_hz('published'))

    def _frames(self, now: Sample, before: Sample) -> DiagnosticResult:
        return diagnostic_results.frames(now, before)

    def _rate_hz(self, counter: str) -> float:
        first, last = self._samples[0], self._samples[-1]
        counted = getattr(last, counter) - getattr(first, counter)
        return float(counted / (last.time_s - first.time_s))


def _memory(stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
    return _put(diagnostic_results.memory(resident_bytes(), cuda_bytes()), stat)


def _put(result: DiagnosticResult, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
    stat.summary(result.level, result.message)
    for key, value in result.values.items():
        stat.add(key, value)
    return stat
