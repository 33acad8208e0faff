# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures, flow and depth of the working image, as the network takes them."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

Map = NDArray[np.float32]

DEPTH_UNIT_M = 10.0             # the published weights were trained with lengths in it
LEAST_KNOWN_DEPTH = 0.1         # of the image
FARTHEST = 1000.0               # units of depth; the reference's cap
REFERENCE_FLOW_SIDE_PX = 320    # the reference's flow network: short side at most, and
REFERENCE_FLOW_STEP_PX = 32     # both sides raised to multiples


def middle_px(width: int, height: int) -> tuple[float, float]:
    """Return the middle of an image; pixel centres have whole coordinates."""
    return (width - 1) / 2, (height - 1) / 2


class CentreSquare(NamedTuple):
    """Hold the square in the middle of an image, which is what the network was trained on."""

    top: int
    left: int
    side: int

    @classmethod
    def of(cls, height: int, width: int) -> 'CentreSquare':
        """Return the largest one."""
        side = min(height, width)
        return cls((height - side) // 2, (width - side) // 2, side)

    def cut(self, image: Tensor) -> Tensor:
        """Return the square of an image (..., H, W), which shares its memory."""
        return image[..., self.top:self.top + self.side, self.left:self.left + self.side]


def normalised_flow(flow_px: Tensor, *, as_reference: bool = False) -> Tensor:
    """Return flow (..., 2, H, W) in units in which the image spans [-1, 1].

    The reference finds the flow in a smaller image and does not rescale its vectors;
    as_reference makes the same error.
    """
    height, width = flow_px.shape[-2:]
    factor = np.array([2 / width, 2 / height])
    if as_reference:
        factor *= reference_flow_factor(height, width)
    # Plain numbers: a tensor of them would have to be brought to the device.
    return torch.stack([axis * float(scale) for axis, scale in zip(
        flow_px.unbind(-3), factor, strict=True)], dim=-3)


def reference_flow_factor(height: int, width: int) -> NDArray[np.float64]:
    """Return the reference's flow over the true one, x and y, for an image of that size."""
    scale = min(1.0, REFERENCE_FLOW_SIDE_PX / min(height, width))
    sides = np.array([width, height])
    raised = np.ceil(np.round(sides * scale, 6) / REFERENCE_FLOW_STEP_PX) * REFERENCE_FLOW_STEP_PX
    return np.asarray(raised / sides)


def is_known(depth_m: Map) -> NDArray[np.bool_]:
    """Return where depth (H, W) is known: not 0, not NaN, not infinite."""
    return np.asarray(np.isfinite(depth_m) & (depth_m > 0))


def depth_fault(depth_m: Map | None) -> str:
    """Return why depth cannot be used; empty where it can."""
    if depth_m is None:
        return 'the frame has no depth, which the network needs'
    known = float(is_known(depth_m).mean())
    if known < LEAST_KNOWN_DEPTH:
        return f'depth is known for {100 * known:.0f} % of the picture only'
    return ''


def without_holes(depth_m: Map) -> Map:
    """Return depth (H, W) with every hole as deep as the nearest pixel that is known.

    The network was trained on depth without holes. At least one pixel must be known.
    """
    known = is_known(depth_m)
    if known.all():
        return depth_m
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    values = np.zeros(int(nearest.max()) + 1, np.float32)
    values[nearest[known]] = depth_m[known]
    return np.asarray(values[nearest], np.float32)


def network_depth(depth_m: Tensor) -> Tensor:
    """Return depth (1, H, W) in the network's unit."""
    return (depth_m / DEPTH_UNIT_M).clamp(max=FARTHEST)
