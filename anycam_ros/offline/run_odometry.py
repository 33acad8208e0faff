# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry over every frame of a recording; results are written as they come."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
import time
from typing import Protocol

from anycam_ros.errors import FrameError
from anycam_ros.odometry import Frame, OdometryEstimate, VisualOdometry
from anycam_ros.offline.run_log import RunLog
from anycam_ros.recordings.readers.frame_source import FrameSource, SourceFrame
from anycam_ros.recordings.stamps import format_stamp


class Output(Protocol):
    """Write the estimates of a run one by one."""

    def add(self, frame: SourceFrame, estimate: OdometryEstimate) -> None:
        """Write the estimate for one frame."""

    def close(self) -> None:
        """Finish."""


class Collector(Protocol):
    """Collect from each frame while the odometry still holds its state."""

    def add(self, frame: Frame, estimate: OdometryEstimate) -> None:
        """Add a frame and its estimate."""


@dataclass(frozen=True)
class Selection:
    """Choose frames of a recording: every stride-th from start on, at most count."""

    start: int = 0
    stride: int = 1
    count: int | None = None

    def of(self, source: FrameSource) -> Iterator[SourceFrame]:
        """Return the chosen frames."""
        stop = None if self.count is None else self.start + self.stride * (self.count - 1) + 1
        return islice(source, self.start, stop, self.stride)

    def length(self, total: int | None) -> int | None:
        """Return how many frames are chosen out of a total, where that is known."""
        if total is None:
            return self.count
        available = max(0, -(-(total - self.start) // self.stride))
        return available if self.count is None else min(available, self.count)


def run_odometry(odometry: VisualOdometry, frames: Iterator[SourceFrame],
                 outputs: Sequence[Output], log: RunLog,
                 on_refused: Callable[[SourceFrame, FrameError], None],
                 collectors: Sequence[Collector] = ()) -> None:
    """Process the frames into the outputs, the log and the collectors.

    A frame that is refused is reported and skipped. Raises SourceError where the recording
    breaks off; what came before is in the outputs and the log.
    """
    for source_frame in frames:
        log.frames += 1
        log.last_frame = f'{source_frame.index} (stamp {format_stamp(source_frame.stamp_ns)} s)'
        try:
            started = time.perf_counter()
            frame = source_frame.load()
            log.timings_ms['decode'].append(1000 * (time.perf_counter() - started))
            log.add_depth(frame)
            estimate = odometry.process(frame)
        except FrameError as error:
            log.refused += 1
            on_refused(source_frame, error)
            continue
        if estimate is not None:
            log.add(source_frame, estimate)
            for collector in collectors:
                collector.add(frame, estimate)
            for output in outputs:
                output.add(source_frame, estimate)
