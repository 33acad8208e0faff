# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Signals and time that end a training after the step that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
import sys
from threading import current_thread, main_thread
import time
from types import FrameType

SIGNALS = signal.SIGINT, signal.SIGTERM


class StopRequest:
    """Hold whether a signal has come, and when the time is over."""

    def __init__(self, limit_minutes: float) -> None:
        """Start the clock; a limit of 0 never comes."""
        self._end_s = time.monotonic() + limit_minutes * 60 if limit_minutes else None
        self.was_interrupted = False

    @property
    def is_time_over(self) -> bool:
        """Return whether the run has taken as long as it may."""
        return self._end_s is not None and time.monotonic() >= self._end_s

    def interrupt(self, number: int, _frame: FrameType | None) -> None:
        """Take note of a signal."""
        if not self.was_interrupted:
            sys.stderr.write(f'anycam: {signal.Signals(number).name}: stopping after this step\n')
        self.was_interrupted = True


@contextmanager
def stop_request(limit_minutes: float) -> Iterator[StopRequest]:
    """Take SIGINT and SIGTERM as requests to stop; outside of the main thread none arrives."""
    request = StopRequest(limit_minutes)
    if current_thread() is not main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.interrupt) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
