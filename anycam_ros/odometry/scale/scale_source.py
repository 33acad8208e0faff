# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What tells how many metres a unit of the map is."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.front_end import FocalKnowledge
from anycam_ros.frontend.motion_estimate import MotionEstimate

Image = NDArray[np.uint8]


class Step(NamedTuple):
    """Hold the motion up to a frame, and that frame."""

    motion: MotionEstimate             # in units of the map
    stamp_s: float
    image: Callable[[], Image]         # (H, W) grey, of the working size
    focal: FocalKnowledge


class ScaleSample(NamedTuple):
    """Hold one statement: the logarithm of metres per unit, and its standard deviation."""

    log_scale: float
    std: float


class ScaleSource(Protocol):
    """Compare steps with something that is known in metres."""

    def samples(self, step: Step) -> Iterator[ScaleSample]:
        """Take in the next step; return what became known of the scale."""

    def common_std(self, focal: FocalKnowledge) -> float:
        """Return what all samples have wrong alike, relative; standard deviation."""

    def forget_motion(self) -> None:
        """Drop what was in the unit of an earlier map."""
