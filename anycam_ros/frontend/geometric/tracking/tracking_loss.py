# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a map is given up: images do not match it, or they match it badly, for too long."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackingLossOptions:
    """Choose for how long a map is kept that does not serve."""

    unseen_s: float = 0.7          # without a match: something may pass in front of the camera
    contradicted_s: float = 0.5    # with matches far from where the map expects them


class TrackingLoss:
    """Remember since when images have not matched the map, or contradicted it."""

    def __init__(self, options: TrackingLossOptions) -> None:
        self._options = options
        self._unseen_since_s: float | None = None
        self._contradicted_since_s: float | None = None

    def see(self, stamp_s: float, *, contradicts: bool) -> None:
        """Take note of an image that matches the map, well or badly."""
        self._unseen_since_s = None
        if not contradicts:
            self._contradicted_since_s = None
        elif self._contradicted_since_s is None:
            self._contradicted_since_s = stamp_s

    def miss(self, stamp_s: float) -> None:
        """Take note of an image that matches the map nowhere."""
        if self._unseen_since_s is None:
            self._unseen_since_s = stamp_s

    def forget(self) -> None:
        """Begin with a new map."""
        self._unseen_since_s = self._contradicted_since_s = None

    def is_final(self, stamp_s: float) -> bool:
        """Return whether the map should be given up."""
        return _lasts(self._unseen_since_s, stamp_s, self._options.unseen_s) \
            or _lasts(self._contradicted_since_s, stamp_s, self._options.contradicted_s)


def _lasts(since_s: float | None, now_s: float, limit_s: float) -> bool:
    return since_s is not None and now_s - since_s >= limit_s
