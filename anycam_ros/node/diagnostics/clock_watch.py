# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the clock of the node runs, which a simulated one need not."""

from time import monotonic

from rclpy.clock import Clock, ROSClock

STOPPED_AFTER_S = 2.0
NANOSECONDS = 1_000_000_000


class ClockWatch:
    """Compare the clock of the node with one that always runs."""

    def __init__(self, clock: Clock) -> None:
        """Start to watch."""
        self._clock = clock
        self._time_ns = -1
        self._moved_at_s = monotonic()

    def check(self) -> str:
        """Look at the clock; return why it does not run, and what to do, or '' if it does."""
        if not (isinstance(self._clock, ROSClock) and self._clock.ros_time_is_active):
            return ''
        time_ns, now_s = self._clock.now().nanoseconds, monotonic()
        if time_ns == 0:
            return ('use_sim_time is true, but no time has come on /clock. Start the simulator, '
                    'play the bag with --clock, or set use_sim_time to false.')
        if time_ns != self._time_ns:
            self._time_ns, self._moved_at_s = time_ns, now_s
        if now_s - self._moved_at_s < STOPPED_AFTER_S:
            return ''
        return (f'/clock has stopped at {time_ns / NANOSECONDS:.3f} s. Resume the simulator or '
                'the bag, or set use_sim_time to false.')
