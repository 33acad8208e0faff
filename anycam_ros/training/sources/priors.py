# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow and depth of the frames of a recording, by the chosen priors."""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
import torch

from anycam_ros.depth.registry import make_depth_model, NONE, TOPIC
from anycam_ros.errors import FrameError
from anycam_ros.flow.dense_flow import Flow, Image
from anycam_ros.flow.registry import make_flow
from anycam_ros.networks.anycam.inputs.preprocessing import (
    CentreSquare,
    depth_fault,
    Map,
    without_holes,
)
from anycam_ros.odometry.frame import Frame

WORKING_SIDE_PX = 336     # of the square in which flow and depth are computed, as at run time


class SquareView(NamedTuple):
    """Hold the square in the middle of a frame, in the working size."""

    image: Image               # (S, S, 3) RGB
    depth_m: Map | None        # (S, S) without holes


class Priors:
    """Compute flow, and depth where no sensor measured it."""

    def __init__(self, flow: str, depth: str, device: torch.device) -> None:
        """Load the models; raises what the registries raise where one cannot be had."""
        self.flow, self.depth = flow, depth
        self._flow = make_flow(flow, device.type)
        self._depth_model = make_depth_model(depth, device.type)

    def view(self, frame: Frame) -> SquareView:
        """Return the square of a frame; raises FrameError where it lacks the depth it needs."""
        image = _square(frame.image_rgb, cv2.INTER_AREA)
        if self._depth_model is not None:
            return SquareView(image, without_holes(self._depth_model(image)))
        if self.depth == NONE:
            return SquareView(image, None)
        fault = depth_fault(frame.depth_m)
        if fault or frame.depth_m is None:
            raise FrameError(f'{fault}. Set depth to {NONE!r} or to a model for recordings '
                             f'without measured depth ({TOPIC!r}).')
        return SquareView(image, without_holes(_square(frame.depth_m, cv2.INTER_NEAREST)))

    def flows(self, first: SquareView, second: SquareView) -> tuple[Flow, Flow]:
        """Return the flow (S, S, 2) from one view to the next and back, px."""
        return self._flow.both_ways(first.image, second.image)


def _square(image: NDArray[Any], smaller: int) -> NDArray[Any]:
    """Return the square in the middle of an image (H, W, ...) in the working size."""
    square = CentreSquare.of(image.shape[0], image.shape[1])
    cut = image[square.top:square.top + square.side, square.left:square.left + square.side]
    return resized(cut, WORKING_SIDE_PX, smaller)


def resized(image: NDArray[Any], side_px: int, smaller: int) -> NDArray[Any]:
    """Return a square image with another side; smaller is OpenCV's way to shrink it."""
    if image.shape[0] == side_px:
        return image
    way = smaller if image.shape[0] > side_px or smaller == cv2.INTER_NEAREST \
        else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (side_px, side_px), interpolation=way))
