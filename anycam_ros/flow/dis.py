# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dense inverse search flow (Kroeger et al. 2016), the default where there is no GPU."""

from dataclasses import dataclass

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Flow, Image

__all__ = ['DisFlow', 'Flow', 'Image']


COARSE_STRIDE = 2     # pixels per cell of coarse flow, along each side


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


@dataclass(frozen=True)
class CoarseFlowOptions:
    """Choose how much work goes into coarse flow."""

    patch_stride: int = 5      # coarse pixels from one patch of 8 to the next
    iterations: int = 12       # of a patch's search on each level


class CoarseDisFlow:
    """Compute flow on every second pixel: where it starts patches, or shows what moves.

    There is no variational refinement: it makes positions finer but no mask better.
    """

    def __init__(self, options: CoarseFlowOptions) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._dis.setFinestScale(0)
        self._dis.setPatchStride(options.patch_stride)
        self._dis.setGradientDescentIterations(options.iterations)
        self._dis.setVariationalRefinementIterations(0)

    def __call__(self, source: Image, target: Image, initial: Flow | None = None) -> Flow:
        """Return flow (h, w, 2) between grey images (h, w) of half the size.

        It is in pixels of the images in full size, as is initial, where the search starts.
        """
        start = np.zeros((*source.shape, 2), np.float32) if initial is None \
            else initial / np.float32(COARSE_STRIDE)
        return np.asarray(self._dis.calc(source, target, start), np.float32) * COARSE_STRIDE


def _grey(image: Image) -> Image:
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
