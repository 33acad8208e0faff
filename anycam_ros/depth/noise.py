# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far measured and learned depth may be off."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DepthNoise:
    """Describe the error of a depth sensor.

    Stereo and structured light measure disparity, so that the error of the depth grows with its
    square and that of the inverse depth is the same everywhere: 0.003 1/m is 3 mm at 1 m and
    27 mm at 3 m (Khoshelham and Elberink, Sensors 2012: 2.85 mm for the Kinect).
    """

    inverse_depth: float = 0.003     # deviation, 1/m
    relative: float = 0.01           # of calibration, registration and clocks


LEARNED_DEPTH_NOISE = DepthNoise(inverse_depth=0.0, relative=0.1)    # of a network's metric depth
