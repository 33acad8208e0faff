# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images that wait for the image that they belong to."""

from collections import deque
from typing import Generic, TypeVar

Item = TypeVar('Item')

TOLERANCE_NS = 20_000_000
"""Depth this far from an image in time still belongs to it (as in the TUM RGB-D tools)."""
CLOCK_SET_BACK_NS = 1_000_000_000


class StampedBuffer(Generic[Item]):
    """Hold the newest items by their stamps, and find the one that is nearest to a time."""

    def __init__(self, size: int) -> None:
        """Start empty; when full, the oldest goes."""
        self._items: deque[tuple[int, Item]] = deque(maxlen=size)

    def add(self, stamp_ns: int, item: Item) -> None:
        """Take in an item; one that is much older than the newest tells that the clock jumped."""
        newest_ns = self.newest_ns
        if newest_ns is not None and stamp_ns < newest_ns - CLOCK_SET_BACK_NS:
            self._items.clear()
        self._items.append((stamp_ns, item))

    @property
    def newest_ns(self) -> int | None:
        """Return the latest stamp; None while empty."""
        return max((stamp_ns for stamp_ns, _ in self._items), default=None)

    def reaches(self, stamp_ns: int) -> bool:
        """Return whether nothing nearer to the stamp is still to come."""
        newest_ns = self.newest_ns
        return newest_ns is not None and newest_ns >= stamp_ns

    def nearest(self, stamp_ns: int) -> Item | None:
        """Return the item nearest to the stamp, if it is within the tolerance."""
        found = min(self._items, key=lambda entry: abs(entry[0] - stamp_ns), default=None)
        if found is None or abs(found[0] - stamp_ns) > TOLERANCE_NS:
            return None
        return found[1]
