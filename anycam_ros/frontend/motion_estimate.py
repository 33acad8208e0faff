# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a front end says about one frame."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.reason import Reason

Array = NDArray[np.float64]

LOST_VARIANCE = 1.0       # per frame; of scene depths (metres where they are known) and of radians


class Status(IntEnum):
    """Say how far an estimate can be trusted."""

    INITIALIZING = 0
    TRACKING = 1
    DEGRADED = 2
    LOST = 3


@dataclass(frozen=True, eq=False)
class MotionEstimate:
    """Hold the motion of the camera since the frame before.

    Images have the working size; lengths are in the unit of the front end's map.
    """

    status: Status
    reason: Reason                    # why not TRACKING; NO_REASON when TRACKING
    T_previous_camera: Array          # (4, 4) points of this camera to the last one not LOST
    elapsed_s: float                  # since that one
    covariance: Array                 # (6, 6) of the motion (linear, angular), in this camera
    uncertainty_px: NDArray[np.float32] | None    # (H, W) flow error beyond the camera's motion
    motion_mask: NDArray[np.uint8] | None         # (H, W) 255 where things move
    static_share: float               # share of the tracked points that follow the camera
    is_key_frame: bool
    scale_source: str = 'none'        # where the unit of length comes from, as in OdometryEstimate
    scale_std: float = np.inf   # relative, of metres per unit; inf where it is arbitrary
    metres_per_unit: float = np.nan   # by which a scale_source multiplied what the map says


def lost(reason: Reason, scale_source: str = 'none',
         scale_std: float = np.inf) -> MotionEstimate:
    """Return the estimate for a frame whose pose is not known."""
    # With no motion and no knowledge of it, any time will do.
    return MotionEstimate(Status.LOST, reason, np.eye(4), 1.0, LOST_VARIANCE * np.eye(6), None,
                          None, 0.0, False, scale_source, scale_std)
