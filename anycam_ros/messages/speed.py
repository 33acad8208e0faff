# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""nav_msgs/Odometry to a speed, whoever deserialised the message."""

from typing import Any

import numpy as np

from anycam_ros.odometry import Speed

NANOSECONDS = 10 ** 9


def speed_from_odometry(message: Any) -> Speed:  # noqa: ANN401
    """Return how fast child_frame_id moves; its direction is no matter.

    The covariance of the twist counts where it states something of that direction. Raises
    SpeedError for what no sensor measures.
    """
    stamp, linear = message.header.stamp, message.twist.twist.linear
    velocity_mps = np.array([linear.x, linear.y, linear.z], np.float64)
    covariance = np.array(message.twist.covariance, np.float64).reshape(6, 6)[:3, :3]
    with np.errstate(over='ignore', invalid='ignore'):      # the speed itself is looked at next
        speed_mps = float(np.linalg.norm(velocity_mps))
        variance = velocity_mps @ covariance @ velocity_mps / max(speed_mps, 1e-9) ** 2
    return Speed(stamp.sec + stamp.nanosec / NANOSECONDS, speed_mps,
                 float(np.sqrt(variance)) if variance > 0 else 0.0)
