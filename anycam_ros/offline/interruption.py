# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C stops a run, also where compiled code swallows the exception that it raises."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from threading import current_thread, main_thread
from types import FrameType
from typing import TypeVar

Item = TypeVar('Item')


@contextmanager
def interruptible(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """Give items that end with KeyboardInterrupt once SIGINT has come.

    It is raised at once, as usual, and where that was to no effect again before the next item:
    numba drops exceptions that arise while it compiles or loads a kernel. Where another handler
    than Python's own is set, or outside of the main thread, which no signal reaches, items are
    given as they are.
    """
    if current_thread() is not main_thread() \
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield items
        return
    was_interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal was_interrupted
        was_interrupted = True
        signal.default_int_handler(number, frame)

    def checked() -> Iterator[Item]:
        for item in items:
            if was_interrupted:
                raise KeyboardInterrupt
            yield item

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield checked()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
