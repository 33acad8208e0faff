# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The dense flow between a reference and a target image, there and back."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.geometry.se3 import Array


class FlowPair:
    """Hold flow both ways, in pixels of the images, on a grid that may be coarser than they are.

    The way back may take its time: it is found when somebody asks for it.
    """

    def __init__(self, forward: Flow, backward: Flow | Callable[[], Flow],
                 left_out: NDArray[np.bool_] | None = None, *, stride: int = 1) -> None:
        """Take the flow (h, w, 2) from reference to target and back, or what finds it.

        left_out (H, W) of the target is fixed to the camera; each cell of the grid stands for
        stride x stride pixels.
        """
        self.forward, self.left_out, self.stride = forward, left_out, stride
        self._backward = backward

    @property
    def backward(self) -> Flow:
        """Return the flow (h, w, 2) from target to reference."""
        if callable(self._backward):
            # What finds it starts from the pair before, which must not be held for ever.
            self._backward = self._backward()
        return self._backward

    def on_grid(self, stride: int) -> 'FlowPair':
        """Return the pair on a grid of another stride; the way back still waits."""
        if stride == self.stride:
            return self
        return FlowPair(self._resized(self.forward, stride),
                        lambda: self._resized(self.backward, stride), self.left_out, stride=stride)

    def _resized(self, flow: Flow, stride: int) -> Flow:
        height, width = (-(-length * self.stride // stride) for length in flow.shape[:2])
        return np.asarray(cv2.resize(flow, (width, height), interpolation=(
            cv2.INTER_AREA if stride > self.stride else cv2.INTER_LINEAR)), np.float32)


def sample_flow(flow: Flow, positions_px: Array, stride: int) -> Array:
    """Return the flow (N, 2) at positions (N, 2) of an image, from a grid of this stride."""
    if not len(positions_px):
        return np.zeros((0, flow.shape[2]))
    x, y = ((positions_px + 0.5) / stride - 0.5).astype(np.float32).T
    sampled = cv2.remap(flow, x[:, None], y[:, None], cv2.INTER_LINEAR,
                        borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.float64).reshape(len(positions_px), -1)
