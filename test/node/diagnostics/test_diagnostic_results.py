# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the diagnostics make of counters and the latest status."""

from dataclasses import replace

import pytest

from anycam_ros.msg import Status
from anycam_ros.node.diagnostics.diagnostic_results import (
    camera,
    ERROR,
    frames,
    memory,
    odometry,
    OK,
    output,
    Sample,
    WARN,
)

BEFORE = Sample(10.0, 100, 90, Status(frames_processed=95, frames_rejected=5))
TRACKING = Status(state=Status.TRACKING, frames_processed=125, frames_rejected=5,
                  latency_ms=20.0, scale_source='none')
NOW = Sample(11.0, 130, 120, TRACKING)


def status(**fields: object) -> Status:
    values = {name: getattr(TRACKING, name) for name in TRACKING.get_fields_and_field_types()}
    return Status(**values | fields)


def test_all_is_well() -> None:
    for level, message, _ in (camera(NOW, BEFORE, 30.0), output(NOW, BEFORE, 30.0),
                              frames(NOW, BEFORE), odometry(NOW)):
        assert level == OK, message
    assert camera(NOW, BEFORE, 29.97).values['Actual frequency (Hz)'] == '29.97'


@pytest.mark.parametrize(('now', 'level', 'part'), [
    (replace(NOW, received=100, why_silent='no publisher on /image'), ERROR, '/image'),
    (replace(NOW, why_no_time='no time on /clock'), ERROR, '/clock'),
    (replace(NOW, status=status(frames_processed=95, frames_rejected=35,
                                last_rejection='encoding is theora')), ERROR, 'theora'),
    (replace(NOW, status=status(frames_rejected=6, last_rejection='late')), OK, 'Hz'),
    (replace(NOW, received=100, status=status(cause=Status.CAUSE_PAUSED, reason='paused by me')),
     WARN, 'paused by me'),
])
def test_camera_names_what_is_missing(now: Sample, level: bytes, part: str) -> None:
    result = camera(now, BEFORE, 0.0)
    assert result.level == level
    assert part in result.message


@pytest.mark.parametrize(('state', 'cause', 'level', 'message'), [
    (Status.INITIALIZING, Status.CAUSE_STARTING, WARN, 'INITIALIZING: why'),
    (Status.DEGRADED, Status.CAUSE_BLURRED, WARN, 'DEGRADED: why'),
    (Status.LOST, Status.CAUSE_COVERED, ERROR, 'LOST: why'),
    (Status.LOST, Status.CAUSE_NO_TRANSFORM, ERROR, 'LOST: why'),
    (Status.LOST, Status.CAUSE_PAUSED, WARN, 'LOST: why'),
])
def test_level_follows_the_state(state: int, cause: int, level: bytes, message: str) -> None:
    now = replace(NOW, status=status(state=state, cause=cause, reason='why'))
    result = odometry(now)
    assert (result.level, result.message) == (level, message)
    assert result.values['Cause'] in ('STARTING', 'BLURRED', 'COVERED', 'NO_TRANSFORM', 'PAUSED')


def test_every_stage_has_its_time() -> None:
    values = odometry(replace(NOW, timings_ms={'match': 1.24, 'publish': 0.5})).values
    assert (values['match (ms)'], values['publish (ms)']) == ('1.2', '0.5')


@pytest.mark.parametrize(('now', 'level', 'part'), [
    (replace(NOW, published=90, status=status(state=Status.LOST, reason='dark')), ERROR, 'dark'),
    (replace(NOW, published=90, status=status(state=Status.INITIALIZING)), WARN, 'no odometry'),
    (replace(NOW, status=status(latency_ms=5e6)), WARN, '5000.0 s old'),
    (replace(NOW, status=status(latency_ms=-300.0)), WARN, '0.3 s in the future'),
])
def test_output_tells_silence_from_delay(now: Sample, level: bytes, part: str) -> None:
    result = output(now, BEFORE, 0.0)
    assert result.level == level
    assert part in result.message


def test_lost_frames_are_told_once() -> None:
    now = replace(NOW, status=status(frames_dropped=3, frames_missing=2))
    result = frames(now, BEFORE)
    assert (result.level, result.message) == (WARN, '3 dropped, 2 missing')
    assert result.values['Frames dropped'] == '3'
    assert frames(replace(now, time_s=12.0), now).level == OK


def test_memory_is_in_mebibytes() -> None:
    result = memory(300 * 2**20, {'CUDA in use': 2**20})
    assert result.message == '300 MiB'
    assert result.values == {'Resident (MiB)': '300.0', 'CUDA in use (MiB)': '1.0'}
