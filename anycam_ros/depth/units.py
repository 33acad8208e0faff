# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether depth is plausible in its unit."""

import numpy as np
from numpy.typing import NDArray

FAR_M = 100.0
_STRIDE = 8


def unit_warning(depth_m: NDArray[np.float32]) -> str:
    """Return a warning when the median of the known depths is beyond 100 m; empty when not."""
    sample = depth_m[::_STRIDE, ::_STRIDE]
    known = sample[np.isfinite(sample) & (sample > 0)]
    if not known.size or (median_m := float(np.median(known))) <= FAR_M:
        return ''
    return (f'the median depth is {median_m:.0f} m, above {FAR_M:.0f} m; is the unit right? '
            '16UC1 must hold millimetres, 32FC1 metres.')
