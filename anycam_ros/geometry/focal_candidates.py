# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal lengths among which the network chooses (equations 11-14)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 32
SMALLEST, LARGEST = 0.1, 3.5     # in image heights
LOGARITHMIC_SHARE = 0.75         # the rest of a candidate is spaced evenly


def focal_candidates() -> NDArray[np.float64]:
    """Return the candidates in image heights, ascending: (32,)."""
    share = np.linspace(1.0, 0.0, CANDIDATES)
    logarithm = share * math.log(SMALLEST) + (1 - share) * math.log(LARGEST)
    linear = share * SMALLEST + (1 - share) * LARGEST
    return np.asarray(blended(np.exp(logarithm), linear))


def blended(logarithmic: Any, linear: Any) -> Any:  # noqa: ANN401
    """Return the candidates between two spacings (count,), arrays or tensors alike (eq. 14)."""
    return LOGARITHMIC_SHARE * logarithmic + (1 - LOGARITHMIC_SHARE) * linear
