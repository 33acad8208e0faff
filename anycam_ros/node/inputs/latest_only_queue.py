# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A queue with one place: the newest message wins."""

from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

Message = TypeVar('Message')


class LatestOnlyQueue(Generic[Message]):
    """Hand the newest message from one thread to another; older ones are dropped and counted."""

    def __init__(self, merge: Callable[[Message, Message], Message] | None = None) -> None:
        """Start empty and open.

        merge(dropped, newer) returns the newer message with what must not be lost of the one
        that is dropped for it.
        """
        self._changed = Condition()
        self._merge = merge
        self._message: Message | None = None
        self.closed = False
        self.received = 0
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Store the message; one that still waits there is dropped."""
        with self._changed:
            if self.closed:
                return
            self.received += 1
            if self._message is not None:
                self.dropped += 1
                if self._merge is not None:
                    message = self._merge(self._message, message)
            self._message = message
            self._changed.notify()

    def take(self, timeout_s: float) -> Message | None:
        """Wait for a message and return it; None after the timeout and when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._message is not None, timeout_s)
            message, self._message = self._message, None
            return message

    def open(self) -> None:
        """Deliver again; harmless when it is open."""
        with self._changed:
            self.closed = False

    def close(self) -> None:
        """Wake who waits, and deliver nothing more: one that waits there is dropped."""
        with self._changed:
            self.closed = True
            self.dropped += self._message is not None
            self._message = None
            self._changed.notify_all()
