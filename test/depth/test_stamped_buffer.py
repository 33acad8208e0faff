# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth finds the image that it belongs to, by the stamp."""

import pytest

from anycam_ros.depth.stamped_buffer import StampedBuffer, TOLERANCE_NS

PERIOD_NS = 33_333_333
SECOND_NS = 1_000_000_000


def filled(*stamps_ns: int, size: int = 8) -> StampedBuffer[int]:
    buffer: StampedBuffer[int] = StampedBuffer(size)
    for stamp_ns in stamps_ns:
        buffer.add(stamp_ns, stamp_ns)
    return buffer


@pytest.mark.parametrize(('stamp_ns', 'nearest'), [
    (PERIOD_NS, PERIOD_NS), (PERIOD_NS + TOLERANCE_NS - 6_666_668, PERIOD_NS),
    (PERIOD_NS - 17_000_000, 0), (2 * PERIOD_NS + TOLERANCE_NS, 2 * PERIOD_NS),
    (2 * PERIOD_NS + TOLERANCE_NS + 1, None), (-TOLERANCE_NS - 1, None)])
def test_nearest_within_the_tolerance_is_found(stamp_ns: int, nearest: int | None) -> None:
    assert filled(0, PERIOD_NS, 2 * PERIOD_NS).nearest(stamp_ns) == nearest


def test_empty_buffer_has_nothing() -> None:
    assert filled().nearest(0) is None
    assert not filled().reaches(0)


def test_nothing_nearer_comes_once_the_stamp_is_reached() -> None:
    buffer = filled(0, PERIOD_NS)
    assert buffer.reaches(PERIOD_NS)
    assert not buffer.reaches(PERIOD_NS + 1)


def test_oldest_goes_when_full() -> None:
    buffer = filled(0, PERIOD_NS, 2 * PERIOD_NS, size=2)
    assert buffer.nearest(0) is None
    assert buffer.nearest(PERIOD_NS) == PERIOD_NS


def test_clock_that_was_set_back_forgets_what_was_before() -> None:
    buffer = filled(100 * SECOND_NS, 3 * SECOND_NS)
    assert buffer.newest_ns == 3 * SECOND_NS
    assert not buffer.reaches(4 * SECOND_NS)


def test_items_out_of_order_are_kept() -> None:
    buffer = filled(PERIOD_NS, 0)
    assert buffer.newest_ns == PERIOD_NS
    assert buffer.nearest(0) == 0
