# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that are missing according to the stamps, and the losses that follow from it."""

from collections import deque

import numpy as np

from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.frontend.reason import Cause, NO_REASON, Reason

REMEMBERED_INTERVALS = 31
FEWEST_INTERVALS = 5             # before a usual one can be told
MISSING_RATIO = 1.7              # of an interval to the usual one
LONG_GAP_S = 0.5


class FrameGapMonitor:
    """Learn the usual time between frames, and name a gap as the cause of a loss after it."""

    def __init__(self) -> None:
        self._intervals_s: deque[float] = deque(maxlen=REMEMBERED_INTERVALS)
        self._gap = NO_REASON

    def observe(self, interval_s: float, status: TrackingState) -> int:
        """Take the time since the frame before; return how many frames are missing between."""
        missing = self._missing(interval_s)
        self._intervals_s.append(interval_s)
        if missing or status in (TrackingState.TRACKING, TrackingState.INITIALIZING):
            self._gap = _reason_of_gap(interval_s, missing)
        return missing

    def explain(self, reason: Reason) -> Reason:
        """Return the reason of the newest frame, with the gap where that led to it."""
        if self._gap is NO_REASON or reason.cause not in (Cause.OTHER_VIEW, Cause.BLURRED):
            return reason
        return Reason(self._gap.cause, f'{self._gap.words}; {reason.words}')

    def _missing(self, interval_s: float) -> int:
        if len(self._intervals_s) < FEWEST_INTERVALS:
            return 0
        usual_s = float(np.median(self._intervals_s))
        return round(interval_s / usual_s) - 1 if interval_s > MISSING_RATIO * usual_s else 0


def _reason_of_gap(interval_s: float, missing: int) -> Reason:
    if not missing:
        return NO_REASON
    if interval_s > LONG_GAP_S:
        return Reason(Cause.TIME_GAP, f'no frame for {interval_s:.1f} s')
    return Reason(Cause.FRAMES_LOST, f'{missing} frames are missing before this one')
