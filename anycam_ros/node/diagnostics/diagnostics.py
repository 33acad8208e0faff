# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages on /diagnostics, made once a second and not for each frame."""

from collections import deque
from collections.abc import Callable
from time import monotonic

from diagnostic_updater import DiagnosticStatusWrapper, Updater
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]   # as in Humble
from rclpy.node import Node

from anycam_ros.msg import Status
from anycam_ros.node.diagnostics import diagnostic_results
from anycam_ros.node.diagnostics.clock_watch import ClockWatch
from anycam_ros.node.diagnostics.diagnostic_results import DiagnosticResult, Sample
from anycam_ros.node.diagnostics.memory_use import cuda_bytes, resident_bytes
from anycam_ros.node.diagnostics.topic_watch import incompatible_subscriber
from anycam_ros.node.pipeline import Pipeline

WINDOW = 6      # samples over which rates are taken


class Diagnostics:
    """Report on the running pipeline, or that there is none while the node is not active."""

    def __init__(self, node: Node) -> None:
        """Report from now on."""
        self._node = node
        self._pipeline: Pipeline | None = None
        self._samples: deque[Sample] = deque(maxlen=WINDOW)
        self._clock_watch = ClockWatch(node.get_clock())
        self._updater = Updater(node)
        self._updater.setHardwareID('none')     # until an image names the camera's frame
        for name, task in (('camera', self._camera), ('odometry', self._odometry),
                           ('output', self._output), ('frames', self._frames)):
            self._updater.add(name, self._filled(task))
        self._updater.add('memory', _memory)
        # The updater's own timer stops with simulated time, which is worth a report.
        self._updater.timer.cancel()
        node.create_timer(self._updater.period, self._update,
                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    def watch(self, pipeline: Pipeline | None) -> None:
        """Report on this pipeline from now on; None: the node is not active."""
        self._pipeline = pipeline
        self._samples.clear()
        if pipeline is not None:
            self._samples.append(self._sample(pipeline))

    def _update(self) -> None:
        if self._pipeline is not None:
            self._samples.append(self._sample(self._pipeline))
            camera_frame = self._samples[-1].status.header.frame_id
            if camera_frame:
                self._updater.setHardwareID(camera_frame)
        self._updater.force_update()

    def _sample(self, pipeline: Pipeline) -> Sample:
        received = pipeline.observations.received
        is_silent = bool(self._samples) and received == self._samples[-1].received
        return Sample(
            time_s=monotonic(), received=received, published=pipeline.outputs.odometry_count,
            status=pipeline.outputs.latest_status or Status(),
            timings_ms=pipeline.processor.timings_ms,
            why_silent=pipeline.image_watch.why_silent() if is_silent else '',
            why_no_time=self._clock_watch.check(),
            incompatible_subscriber=incompatible_subscriber(self._node))

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
