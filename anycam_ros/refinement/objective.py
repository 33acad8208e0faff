# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's objective (equations 16 to 19), by which every method is judged."""

import numpy as np

from anycam_ros.geometry.se3 import Array, inverse


def smoothness_of(T_world_camera: Array) -> float:
    """Return (18): how much consecutive relative poses differ, for poses (F, 4, 4)."""
    if len(T_world_camera) < 3:
        return 0.0
    # P_next_this maps points of one camera into the next one.
    P = inverse(T_world_camera[1:]) @ T_world_camera[:-1]
    change = inverse(P[:-1]) @ P[1:] - np.eye(4)
    return float(np.abs(change).sum(axis=(1, 2)).mean())
