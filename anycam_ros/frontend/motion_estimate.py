# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a front end says about one frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.reason import Reason

Array = NDArray[np.float64]

LOST_VARIANCE = 1.0       # per frame; of scene depths (metres where they are known) and of radians


class TrackingState(IntEnum):
    """Say how far an estimate can be trusted."""

    INITIALIZING = 0
    TRACKING = 1
    DEGRADED = 2
    LOST = 3


class LengthUnit(NamedTuple):
    """Say in what unit lengths are, and how well it is known."""

    source: str        # 'none': arbitrary; else what makes it metres, as in OdometryEstimate
    std: float         # relative, of metres per unit; inf where it is arbitrary


ARBITRARY_UNIT = LengthUnit('none', math.inf)


class RestOfEstimate(NamedTuple):
    """Hold what no pose waits for; fields of MotionEstimate."""

    uncertainty_px: NDArray[np.float32]
    motion_mask: NDArray[np.uint8]
    uncertainty_source: str
    is_key_frame: bool
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class MotionEstimate:
    """Hold the motion of the camera since the frame before.

    Lengths are in the unit of the front end's map. What no pose waits for may be missing at
    first; complete() finds it.
    """

    status: TrackingState
    reason: Reason                    # why not TRACKING; NO_REASON when TRACKING
    T_previous_camera: Array          # (4, 4) points of this camera to the last one not LOST
    elapsed_s: float                  # since that one
    covariance: Array                 # (6, 6) of the motion (linear, angular), in this camera
    uncertainty_px: NDArray[np.float32] | None = None    # (h, w) of any size: flow error beyond
                                                         # the motion, pixels of the working image
    motion_mask: NDArray[np.uint8] | None = None         # (h, w) of any size, 255: things move
    uncertainty_source: str = ''      # 'epipolar', 'network' or 'anycam'; empty without one
    static_share: float = 0.0         # share of the tracked points that follow the camera
    fixed_share: float = 0.0          # share of the image that never moves against the frame
    is_key_frame: bool = False
    explained_turn_rad2: float = 0.0    # of the turns so far that might have been steps, squares
                                        # summed: from here on it is known what they were
    unit: LengthUnit = ARBITRARY_UNIT
    timings_ms: Mapping[str, float] = field(default_factory=dict)    # per stage: match, motion,
                                                                     # uncertainty, refine
    find_rest: Callable[[], RestOfEstimate] | None = None    # what is missing; None: nothing is

    def complete(self) -> 'MotionEstimate':
        """Find what is missing, which extends the map; return the whole estimate."""
        if self.find_rest is None:
            return self
        return replace(self, **self.find_rest()._asdict(), find_rest=None)


def lost(reason: Reason, unit: LengthUnit = ARBITRARY_UNIT) -> MotionEstimate:
    """Return the estimate for a frame whose pose is not known."""
    # With no motion and no knowledge of it, any time will do.
    return MotionEstimate(status=TrackingState.LOST, reason=reason, T_previous_camera=np.eye(4),
                          elapsed_s=1.0, covariance=LOST_VARIANCE * np.eye(6), unit=unit)
