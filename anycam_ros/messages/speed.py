# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A measured speed, and nav_msgs/Odometry decoded to one."""

from dataclasses import dataclass
import math
from typing import Any

import numpy as np

from anycam_ros.errors import SpeedError

NANOSECONDS = 10 ** 9
MAXIMUM_MPS = 1000.0


@dataclass(frozen=True)
class Speed:
    """Hold a measured speed, in metres per second.

    std_mps is 0 where the sensor states no standard deviation. Raises SpeedError for values that
    no sensor measures.
    """

    stamp_s: float
    speed_mps: float
    std_mps: float = 0.0

    def __post_init__(self) -> None:
        """Raise SpeedError for a value out of range."""
        for name, value in (('speed', self.speed_mps), ('deviation', self.std_mps)):
            if not 0 <= value <= MAXIMUM_MPS:
                raise SpeedError(
                    f'{name} is {value} m/s at {self.stamp_s:.6f} s; it must be a number from 0 '
                    f'to {MAXIMUM_MPS:g} m/s. Check the source of the speed.')
        if not math.isfinite(self.stamp_s):
            raise SpeedError(f'the stamp of a speed is {self.stamp_s} s; it must be a number.')


def speed_from_odometry(message: Any) -> Speed:  # noqa: ANN401
    """Return the speed of child_frame_id in any direction, with its standard deviation.

    The standard deviation is that of the twist's covariance along the direction of motion, 0
    where the message states none. Raises SpeedError for values that no sensor measures.
    """
    stamp, linear = message.header.stamp, message.twist.twist.linear
    velocity_mps = np.array([linear.x, linear.y, linear.z], np.float64)
    covariance = np.array(message.twist.covariance, np.float64).reshape(6, 6)[:3, :3]
    with np.errstate(over='ignore', invalid='ignore'):      # Speed checks the value
        speed_mps = float(np.linalg.norm(velocity_mps))
        variance = velocity_mps @ covariance @ velocity_mps / max(speed_mps, 1e-9) ** 2
    return Speed(stamp.sec + stamp.nanosec / NANOSECONDS, speed_mps,
                 float(np.sqrt(variance)) if variance > 0 else 0.0)
