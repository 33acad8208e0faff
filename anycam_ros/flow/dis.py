# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dense inverse search flow (Kroeger et al. 2016), the default where there is no GPU."""

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Flow, Image

__all__ = ['DisFlow', 'Flow', 'Image']


class DisFlow:
    """Compute dense flow between images of one size; pixels of these images."""

    def __init__(self) -> None:
        """Take OpenCV's medium preset."""
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, source: Image, target: Image, initial: Flow | None = None) -> Flow:
        """Return flow (H, W, 2): source(x) looks like target(x + flow(x)).

        initial is where the search starts; it must not be farther off than the coarsest level
        can see.
        """
        source, target = _grey(source), _grey(target)
        if initial is None:
            initial = np.zeros((*source.shape, 2), np.float32)
        flow = self._dis.calc(source, target, initial.copy())
        return np.asarray(flow, np.float32)

    def both_ways(self, first: Image, second: Image,
                  initial: tuple[Flow, Flow] | None = None) -> tuple[Flow, Flow]:
        """Return the flow from first to second and back, (H, W, 2) each."""
        first, second = _grey(first), _grey(second)
        start, start_back = initial or (None, None)
        return self(first, second, start), self(second, first, start_back)


def _grey(image: Image) -> Image:
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
