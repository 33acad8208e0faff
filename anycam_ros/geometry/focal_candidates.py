# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal lengths among which AnyCam chooses (equations 11-14)."""

import math

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 32


def focal_candidates() -> NDArray[np.float64]:
    """Return the paper's candidates in image heights, ascending: (32,) (eq. 11-14)."""
    share = np.linspace(1.0, 0.0, CANDIDATES)
    low, high = 0.1, 3.5
    exponential = np.exp(share * math.log(low) + (1 - share) * math.log(high))
    return 0.75 * exponential + 0.25 * (share * low + (1 - share) * high)
