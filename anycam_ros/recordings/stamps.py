# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps as text and back, without the rounding of floating point."""

from decimal import Decimal, InvalidOperation

NANOSECONDS = 10 ** 9


def parse_stamp_ns(text: str) -> int:
    """Return decimal seconds as nanoseconds; raises ValueError for what is no finite number."""
    try:
        return int((Decimal(text) * NANOSECONDS).to_integral_value())
    except (InvalidOperation, OverflowError, ValueError):
        raise ValueError(f'{text!r} is not a number of seconds') from None


def format_stamp(stamp_ns: int) -> str:
    """Return nanoseconds as decimal seconds with nine digits."""
    sign = '-' if stamp_ns < 0 else ''
    seconds, nanoseconds = divmod(abs(stamp_ns), NANOSECONDS)
    return f'{sign}{seconds}.{nanoseconds:09d}'
