# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The diagnostic results, computed from two samples of counters and the latest status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus

from anycam_ros.msg import Status
from anycam_ros.odometry import TrackingState

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
LEVELS = {Status.INITIALIZING: WARN, Status.TRACKING: OK, Status.DEGRADED: WARN,
          Status.LOST: ERROR}
CAUSES = {getattr(Status, name): name.removeprefix('CAUSE_')
          for name in dir(Status) if name.startswith('CAUSE_')}
LONGEST_LATENCY_MS = 1000.0
EARLIEST_MS = -100.0
"""A stamp that is further in the future comes from another clock."""
GROWING = {'frames_dropped': 'dropped', 'frames_rejected': 'rejected',
           'frames_missing': 'missing', 'frames_without_depth': 'without depth'}


@dataclass(frozen=True)
class Sample:
    """Hold what is known at one time."""

    time_s: float
    received: int             # images
    published: int            # odometry messages
    status: Status = field(default_factory=Status)
    timings_ms: Mapping[str, float] = field(default_factory=dict)    # by stage, of one frame
    why_silent: str = ''      # why no image came since the sample before
    why_no_time: str = ''     # why the clock does not run
    incompatible_subscriber: str = ''


class DiagnosticResult(NamedTuple):
    """Hold level, message and values of one diagnostic status."""

    level: bytes
    message: str
    values: Mapping[str, str]


def camera(now: Sample, before: Sample, rate_hz: float) -> DiagnosticResult:
    """Say whether usable images arrive, and what is missing if none does."""
    values = {'Actual frequency (Hz)': f'{rate_hz:.2f}', 'Frames received': f'{now.received}'}
    refused = now.status.frames_rejected - before.status.frames_rejected
    processed = now.status.frames_processed - before.status.frames_processed
    if now.why_no_time:
        return DiagnosticResult(ERROR, now.why_no_time, values)
    if now.status.cause == Status.CAUSE_PAUSED:
        return DiagnosticResult(WARN, now.status.reason, values)
    if now.received == before.received:
        return DiagnosticResult(ERROR, f'no image: {now.why_silent}', values)
    if refused and not processed:
        return DiagnosticResult(ERROR, f'no usable image: {now.status.last_rejection}', values)
    return DiagnosticResult(OK, f'{rate_hz:.1f} Hz', values)


def odometry(now: Sample) -> DiagnosticResult:
    """Say how far the odometry can be trusted, and why, and how long its stages take."""
    status = now.status
    name = TrackingState(status.state).name
    level = WARN if status.cause == Status.CAUSE_PAUSED else LEVELS[status.state]
    return DiagnosticResult(level, f'{name}: {status.reason}' if status.reason else name, {
        'State': name, 'Cause': CAUSES[status.cause], 'Reason': status.reason,
        'Focal length (px)': f'{status.focal_px:.1f} +- {status.focal_std_px:.1f}',
        'Focal length from': status.focal_source,
        'What moves from': status.uncertainty_source,
        'Scale from': status.scale_source,
        'Scale std (relative)': f'{status.scale_std:.3g}',
        'Static share of the image': f'{status.static_share:.2f}',
        'Fixed share of the image': f'{status.fixed_share:.2f}',
        **{f'{stage} (ms)': f'{time_ms:.1f}' for stage, time_ms in now.timings_ms.items()}})


def output(now: Sample, before: Sample, rate_hz: float) -> DiagnosticResult:
    """Say how much odometry is published, and how late."""
    status = now.status
    values = {'Actual frequency (Hz)': f'{rate_hz:.2f}',
              'Odometry published': f'{now.published}',
              'Latency (ms)': f'{status.latency_ms:.1f}',
              'Processing (ms)': f'{status.processing_ms:.1f}'}
    if now.published == before.published:
        level = max(WARN, odometry(now).level)
        return DiagnosticResult(level, f'no odometry: {status.reason or "no image yet"}', values)
    if now.incompatible_subscriber:
        return DiagnosticResult(WARN, now.incompatible_subscriber, values)
    if status.latency_ms > LONGEST_LATENCY_MS:
        return DiagnosticResult(
            WARN, f'images are {1e-3 * status.latency_ms:.1f} s old when their odometry is '
            'published. Camera and node may have different clocks; with a bag, play it with '
            '--clock and set use_sim_time.', values)
    if status.latency_ms < EARLIEST_MS:
        return DiagnosticResult(
            WARN, f'images are stamped {-1e-3 * status.latency_ms:.1f} s in the future. Let '
            'camera and node share a clock.', values)
    return DiagnosticResult(
        OK, f'{rate_hz:.1f} Hz, {status.latency_ms:.0f} ms after the image', values)


def frames(now: Sample, before: Sample) -> DiagnosticResult:
    """Say which frames were lost since the sample before."""
    grown = {word: getattr(now.status, name) - getattr(before.status, name)
             for name, word in GROWING.items()}
    lost = ', '.join(f'{number} {word}' for word, number in grown.items() if number > 0)
    values = {name.replace('_', ' ').capitalize(): f'{getattr(now.status, name)}'
              for name in (*GROWING, 'frames_received', 'frames_processed', 'frames_unchanged')}
    values['Last rejection'] = now.status.last_rejection
    return DiagnosticResult(WARN if lost else OK, lost or 'none lost', values)


def memory(resident_bytes: int, cuda_bytes: Mapping[str, int]) -> DiagnosticResult:
    """Say how much memory the node takes."""
    mebibytes = {name: number / 2**20 for name, number in
                 {'Resident': resident_bytes, **cuda_bytes}.items()}
    return DiagnosticResult(
        OK, f'{mebibytes["Resident"]:.0f} MiB',
        {f'{name} (MiB)': f'{number:.1f}' for name, number in mebibytes.items()})
