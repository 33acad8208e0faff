# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Known camera paths: time in seconds to T_world_camera (4, 4).

World axes: x forward, y left, z up, metres. Camera axes: optical (x right, y down, z forward).
"""

from collections.abc import Callable
import math

import numpy as np
from numpy.typing import NDArray

CameraPath = Callable[[float], NDArray[np.float64]]

# Columns: the optical x, y, z axes of a camera that looks along world x.
_OPTICAL_AXES = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], np.float64)


def camera_pose(x_m: float, y_m: float, z_m: float, yaw_rad: float = 0.0, pitch_rad: float = 0.0,
                roll_rad: float = 0.0) -> NDArray[np.float64]:
    """Return T_world_camera of a camera that looks along x, then is turned about z, y, x."""
    cy, sy = math.cos(yaw_rad), math.sin(yaw_rad)
    cp, sp = math.cos(pitch_rad), math.sin(pitch_rad)
    cr, sr = math.cos(roll_rad), math.sin(roll_rad)
    yaw = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    pitch = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    roll = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    pose = np.eye(4)
    pose[:3, :3] = yaw @ pitch @ roll @ _OPTICAL_AXES
    pose[:3, 3] = x_m, y_m, z_m
    return pose


def hand_held(time_s: float) -> NDArray[np.float64]:
    """Walk a figure of eight of 3 by 2 metres in 12 s, looking about, with a hand's tremor."""
    phase = 2 * math.pi * time_s / 12
    tremor = math.sin(2 * math.pi * 1.7 * time_s), math.sin(2 * math.pi * 2.3 * time_s + 1)
    return camera_pose(
        x_m=0.7 * math.sin(2 * phase) + 0.3 * math.sin(phase),
        y_m=1.5 * math.sin(phase),
        z_m=1.35 + 0.12 * math.sin(3 * phase) + 0.006 * tremor[0],
        yaw_rad=-0.28 * math.sin(phase) + 0.16 * math.sin(2 * phase + 0.6) + 0.004 * tremor[1],
        pitch_rad=0.10 + 0.07 * math.sin(2 * phase) + 0.004 * tremor[0],
        roll_rad=0.05 * math.sin(phase + 1.0))


def standing(_time_s: float) -> NDArray[np.float64]:
    """Stand still."""
    return camera_pose(0.0, 0.0, 1.35, pitch_rad=0.10)


def turning(time_s: float) -> NDArray[np.float64]:
    """Turn on the spot, to and fro, without any translation."""
    phase = 2 * math.pi * time_s / 6
    return camera_pose(0.0, 0.0, 1.35, yaw_rad=0.5 * math.sin(phase),
                       pitch_rad=0.10 + 0.1 * math.sin(2 * phase))


def straight(time_s: float) -> NDArray[np.float64]:
    """Drive straight ahead at 0.2 m/s."""
    return camera_pose(-1.5 + 0.2 * time_s, 0.0, 1.35)
