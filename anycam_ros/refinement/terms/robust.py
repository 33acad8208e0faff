# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Robust kernels, minimised by iteratively reweighted least squares."""

import math
from typing import Final

from anycam_ros.geometry.compiled import compiled_reordered

L1, HUBER, CAUCHY = 0, 1, 2
KERNELS: Final = {'l1': L1, 'huber': HUBER, 'cauchy': CAUCHY}

# |r| becomes sqrt(r^2 + L1_CORNER_PX^2): its weight stays finite where a track fits exactly.
L1_CORNER_PX = 0.01


@compiled_reordered
def robust(rx: float, ry: float, kernel: int, delta: float) -> tuple[float, float, float]:
    """Return the cost of a residual (px), and the weights of its two components.

    The cost is |rx| + |ry| for L1 (equation 16), otherwise the kernel of the squared length,
    which is the squared length itself for small residuals.
    """
    if kernel == L1:
        x = math.sqrt(rx * rx + L1_CORNER_PX * L1_CORNER_PX)
        y = math.sqrt(ry * ry + L1_CORNER_PX * L1_CORNER_PX)
        return x + y, 0.5 / x, 0.5 / y
    squared = rx * rx + ry * ry
    if kernel == CAUCHY:
        ratio = 1.0 + squared / (delta * delta)
        return delta * delta * math.log(ratio), 1.0 / ratio, 1.0 / ratio
    length = math.sqrt(squared)
    if length <= delta:
        return squared, 1.0, 1.0
    return 2.0 * delta * length - delta * delta, delta / length, delta / length
