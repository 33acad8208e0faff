# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dense inverse search flow (Kroeger et al. 2016), the default where there is no GPU."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Flow = NDArray[np.float32]


class DisFlow:
    """Compute dense flow between grey images of one size; pixels of these images."""

    def __init__(self) -> None:
        """Take OpenCV's medium preset."""
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, source: Image, target: Image, initial: Flow | None = None) -> Flow:
        """Return flow (H, W, 2): source(x) looks like target(x + flow(x)).

        initial is where the search starts; it must not be farther off than the coarsest level
        can see.
        """
        if initial is None:
            initial = np.zeros((*source.shape, 2), np.float32)
        flow = self._dis.calc(source, target, initial.copy())
        return np.asarray(flow, np.float32)
