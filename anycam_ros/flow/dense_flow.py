# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every kind of dense optical flow offers."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Flow = NDArray[np.float32]


class DenseFlow(Protocol):
    """Compute dense flow between two images of one size, in pixels of these images."""

    def both_ways(self, first: Image, second: Image,
                  initial: tuple[Flow, Flow] | None = None) -> tuple[Flow, Flow]:
        """Return the flow from first to second and back, (H, W, 2) each.

        Images are grey (H, W) or RGB (H, W, 3). first(x) looks like second(x + flow(x)). initial
        is where a search may start; not every kind of flow makes use of it.
        """
