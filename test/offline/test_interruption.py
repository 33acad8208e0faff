# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends a run even where the exception is lost on its way."""

from collections.abc import Iterator
from contextlib import suppress
import signal

import pytest

from anycam_ros.offline.interruption import interruptible


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Begin with Python's handler, which a shell may have taken away; see that it is set again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    after = signal.signal(signal.SIGINT, before)
    assert after is signal.default_int_handler


def test_items_are_given_as_they_are() -> None:
    with interruptible(iter(range(3))) as items:
        assert list(items) == [0, 1, 2]


def test_interrupt_is_raised_at_once() -> None:
    with interruptible(iter(range(3))) as items:
        next(items)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_interrupt_that_was_swallowed_is_raised_before_the_next_item() -> None:
    with interruptible(iter(range(3))) as items:
        next(items)
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            next(items)


def test_handler_of_somebody_else_is_left_alone() -> None:
    seen = []
    signal.signal(signal.SIGINT, lambda *_: seen.append(True))
    try:
        with interruptible(iter(range(3))) as items:
            signal.raise_signal(signal.SIGINT)
            assert list(items) == [0, 1, 2]
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert seen == [True]
