# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps survive the way to text and back to the last nanosecond."""

from hypothesis import given, strategies
import pytest

from anycam_ros.recordings.stamps import format_stamp, parse_stamp_ns


@given(strategies.integers(-10 ** 12, 4 * 10 ** 18))
def test_text_and_back_is_exact(stamp_ns: int) -> None:
    assert parse_stamp_ns(format_stamp(stamp_ns)) == stamp_ns


@pytest.mark.parametrize(('text', 'stamp_ns'), [
    ('1305031102.175304', 1305031102175304000), ('0', 0), ('1e-9', 1), ('.5', 500_000_000)])
def test_common_notations_are_read(text: str, stamp_ns: int) -> None:
    assert parse_stamp_ns(text) == stamp_ns


@pytest.mark.parametrize('text', ['', 'rgb/0.png', 'nan', 'inf', '1,5'])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='is not a number of seconds'):
        parse_stamp_ns(text)
