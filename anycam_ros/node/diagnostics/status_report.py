# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The status messages of the node: the state of the odometry, and the counters of its frames."""

from array import array
from time import monotonic
from typing import Any

from rclpy.clock import Clock
from std_msgs.msg import Header

from anycam_ros.msg import Status
from anycam_ros.node.conversions import stamp_ns
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S
from anycam_ros.node.inputs.frame_adapter import FrameAdapter
from anycam_ros.node.inputs.latest_only_queue import LatestOnlyQueue
from anycam_ros.odometry import OdometryEstimate


class StatusReport:
    """Count frames, remember the latest estimate, and put both into status messages."""

    def __init__(self, observations: LatestOnlyQueue[Any], adapter: FrameAdapter, clock: Clock
                 ) -> None:
        """Start with nothing processed; queue and adapter count frames themselves."""
        self._observations, self._adapter = observations, adapter
        self._clock = clock
        self._processed = self._missing = self._unchanged = 0
        self._rejected = 0
        self._last_rejection = ''
        self._estimate: OdometryEstimate | None = None
        self._usable_at_s = monotonic()

    def first(self, header: Header, why: str) -> Status:
        """Return the status after the first frame of the stream, or after a restart."""
        self._count_processed()
        return self._message(header, Status.INITIALIZING, Status.CAUSE_STARTING,
                             f'first frame: {why}')

    def processed(self, header: Header, estimate: OdometryEstimate, failure: str, *,
                  latency_ms: float, is_unchanged: bool) -> Status:
        """Return the status after a frame went through the odometry.

        failure says why a pose that the odometry has cannot be published, latency_ms when it was,
        is_unchanged that the image equals the one before.
        """
        self._count_processed()
        self._estimate = estimate
        self._missing += estimate.missing_frames
        self._unchanged += is_unchanged
        if failure:
            return self._message(header, Status.LOST, Status.CAUSE_NO_TRANSFORM, failure)
        status = self._message(header, int(estimate.status), int(estimate.cause), estimate.reason)
        status.is_key_frame = bool(estimate.is_key_frame)
        status.latency_ms = latency_ms
        status.processing_ms = float(estimate.timings_ms['total'])
        return status

    def rejected(self, header: Header, reason: str) -> Status:
        """Return the status after a frame was refused."""
        self._rejected += 1
        self._last_rejection = reason
        return self._without_pose(header, Status.CAUSE_FRAME_REFUSED, f'frame refused: {reason}')

    def silent(self, reason: str) -> Status:
        """Return the status while no image arrives."""
        return self._without_pose(Header(stamp=self._clock.now().to_msg()),
                                  Status.CAUSE_NO_IMAGE, f'no image: {reason}')

    def paused(self) -> Status:
        """Return the status while paused."""
        state = Status.INITIALIZING if self._estimate is None else Status.LOST
        return self._message(Header(stamp=self._clock.now().to_msg()), state,
                             Status.CAUSE_PAUSED, 'paused by ~/pause')

    def latency_ms(self, header: Header) -> float:
        """Return for how long the image of a header has been there, by the node's clock."""
        return (self._clock.now().nanoseconds - stamp_ns(header)) * 1e-6

    def _count_processed(self) -> None:
        self._processed += 1
        self._usable_at_s = monotonic()

    def _without_pose(self, header: Header, cause: int, reason: str) -> Status:
        """Keep the state for a moment without a usable frame, then call the odometry lost."""
        state = Status.INITIALIZING if self._estimate is None else int(self._estimate.status)
        silent_s = monotonic() - self._usable_at_s
        if self._estimate is not None and silent_s >= SILENCE_S:
            state = Status.LOST
        return self._message(header, state, cause, reason)

    def _message(self, header: Header, state: int, cause: int, reason: str) -> Status:
        status = Status(
            header=header, state=state, cause=cause, reason=reason, focal_std_px=float('inf'),
            focal_source='prior', scale_source='none', scale=float('nan'),
            scale_std=float('inf'),
            frames_received=self._observations.received,
            frames_dropped=self._observations.dropped,
            frames_processed=self._processed, frames_rejected=self._rejected,
            frames_missing=self._missing, frames_unchanged=self._unchanged,
            frames_without_depth=self._adapter.frames_without_depth,
            last_rejection=self._last_rejection, latency_ms=self.latency_ms(header))
        if self._estimate is not None:
            _describe(self._estimate, status)
        return status


def _describe(estimate: OdometryEstimate, status: Status) -> None:
    status.focal_px = estimate.intrinsics.fx
    status.focal_std_px = float(estimate.focal_std_px)
    status.focal_source = estimate.focal_source
    status.focal_candidates_px = array('d', estimate.focal_candidates_px)
    status.focal_log_probabilities = array('d', estimate.focal_log_probs)
    status.uncertainty_source = estimate.uncertainty_source
    status.scale_source = estimate.scale_source
    status.scale = float(estimate.metres_per_unit)
    status.scale_std = float(estimate.scale_std)
    status.static_share = float(estimate.static_share)
    status.fixed_share = float(estimate.fixed_share)
