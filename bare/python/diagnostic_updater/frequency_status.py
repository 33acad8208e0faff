# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watch how often something happens."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.clock import Clock

from diagnostic_updater.status_wrapper import DiagnosticStatusWrapper, DiagnosticTask


@dataclass
class FrequencyStatusParam:
    """Hold the bounds {'min': ..., 'max': ...} in Hz; 'max' may be missing."""

    freq_bound: Mapping[str, float]
    tolerance: float = 0.1
    window_size: int = 5


class FrequencyStatus(DiagnosticTask):
    """Compare the rate of tick(), over the last window_size reports, to its bounds."""

    def __init__(self, params: FrequencyStatusParam, name: str = 'FrequencyStatus') -> None:
        """Start counting."""
        super().__init__(name)
        self.params = params
        self._lock = Lock()
        self._clock = Clock()
        self._count = 0
        begin = (self._clock.now(), 0)
        self._reports = deque([begin] * params.window_size, maxlen=params.window_size)

    def tick(self) -> None:
        """Count one event."""
        with self._lock:
            self._count += 1

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Report the rate."""
        with self._lock:
            now, (since, count) = self._clock.now(), self._reports[0]
            self._reports.append((now, self._count))
            events = self._count - count
        window_s = (now - since).nanoseconds * 1e-9
        rate_hz = events / window_s
        lowest_hz = self.params.freq_bound['min'] * (1 - self.params.tolerance)
        highest_hz = self.params.freq_bound.get('max', float('inf')) * (1 + self.params.tolerance)
        if events == 0:
            stat.summary(DiagnosticStatus.ERROR, 'No events recorded.')
        elif rate_hz < lowest_hz:
            stat.summary(DiagnosticStatus.WARN, 'Frequency too low.')
        elif rate_hz > highest_hz:
            stat.summary(DiagnosticStatus.WARN, 'Frequency too high.')
        else:
            stat.summary(DiagnosticStatus.OK, 'Desired frequency met')
        stat.add('Events in window', f'{events}')
        stat.add('Events since startup', f'{count + events}')
        stat.add('Duration of window (s)', f'{window_s:f}')
        stat.add('Actual frequency (Hz)', f'{rate_hz:f}')
        return stat
