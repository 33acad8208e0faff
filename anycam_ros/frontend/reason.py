# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why a frame is not tracked as it should be: for programs a cause, for people words."""

from enum import IntEnum
from typing import NamedTuple


class Cause(IntEnum):
    """Name the obstacle; the values are those of CAUSE_... in msg/Status.msg."""

    NONE = 0
    STARTING = 1
    NO_PARALLAX = 2
    COVERED = 3
    TOO_DARK = 4
    OVEREXPOSED = 5
    TOO_LITTLE_TEXTURE = 6
    BLURRED = 7
    TOO_MUCH_MOVING = 8
    OTHER_VIEW = 9
    TIME_GAP = 10
    FRAMES_LOST = 11
    NO_DEPTH = 12
    MAP_FAILED = 13
    FOCAL_LENGTH_CHANGES = 14


class Reason(NamedTuple):
    """Hold why a frame is not TRACKING."""

    cause: Cause
    words: str


NO_REASON = Reason(Cause.NONE, '')
