# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well motion masks agree with the true ones: region similarity J of DAVIS."""

import numpy as np
from numpy.typing import NDArray


class RegionSimilarity:
    """Average the intersection over union of masks over frames.

    The first and the last labelled frame are left out. Source: Perazzi et al., CVPR 2016, and the
    evaluation protocol of DAVIS.
    """

    def __init__(self) -> None:
        self._overlaps: list[float] = []

    def add(self, found: NDArray[np.bool_] | None, truth: NDArray[np.bool_]) -> None:
        """Add a labelled frame, masks (H, W); None is a frame without a mask."""
        found = np.zeros_like(truth) if found is None else found
        either = np.count_nonzero(found | truth)
        self._overlaps.append(np.count_nonzero(found & truth) / either if either else 1.0)

    @property
    def value(self) -> float:
        """Return J, from 0 to 1; NaN where fewer than three frames are labelled."""
        counted = self._overlaps[1:-1]
        return float(np.mean(counted)) if counted else np.nan
