# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a target image is matched with a reference image: patch by patch, or by dense flow.

Pose and map need some hundred points to a tenth of a pixel, the mask needs flow everywhere to a
pixel. They are not the same flow.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import DenseFlow, Flow, Image
from anycam_ros.flow.dis import COARSE_STRIDE, CoarseDisFlow, CoarseFlowOptions
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair, sample_flow
from anycam_ros.frontend.geometric.estimation.matching import (
    follow,
    Matches,
    MatchingOptions,
    search_patches,
)
from anycam_ros.frontend.working_image import half_size
from anycam_ros.geometry.se3 import Array


class Matcher(Protocol):
    """Relate a target image to a reference image."""

    stride: int      # of the grid of its flow, pixels

    def flow(self, reference: Image, target: Image, start: FlowPair | None = None,
             left_out: NDArray[np.bool_] | None = None) -> FlowPair:
        """Return the flow between grey images, started from earlier flow of the same matcher."""

    def find(self, pair: FlowPair, reference: Image, target: Image,
             reference_px: Array) -> Matches:
        """Return where the points (N, 2) of the reference are in the target."""


class DenseMatcher:
    """Match by dense flow, there and back: for networks, whose flow is better than any patch."""

    stride = 1

    def __init__(self, flow: DenseFlow, options: MatchingOptions) -> None:
        self._flow, self._options = flow, options

    def flow(self, reference: Image, target: Image, start: FlowPair | None = None,
             left_out: NDArray[np.bool_] | None = None) -> FlowPair:
        """Return the flow between grey images, both ways at once."""
        initial = None if start is None else (start.forward, start.backward)
        return FlowPair(*self._flow.both_ways(reference, target, initial), left_out)

    def find(self, pair: FlowPair, reference: Image, target: Image,
             reference_px: Array) -> Matches:
        """Return where the flow takes the points (N, 2) of the reference."""
        del reference, target      # the flow knows
        return follow(pair, reference_px, self._options)


class PatchMatcher:
    """Match patch by patch from where coarse flow says; flow back is only for the mask."""

    stride = COARSE_STRIDE

    def __init__(self, options: MatchingOptions, flow: CoarseFlowOptions) -> None:
        self._options, self._dis = options, CoarseDisFlow(flow)

    def flow(self, reference: Image, target: Image, start: FlowPair | None = None,
             left_out: NDArray[np.bool_] | None = None) -> FlowPair:
        """Return the coarse flow between grey images; the way back waits until it is asked for."""
        first, second = half_size(reference), half_size(target)

        def backward() -> Flow:
            return self._dis(second, first, None if start is None else start.backward)

        forward = self._dis(first, second, None if start is None else start.forward)
        return FlowPair(forward, backward, left_out, stride=self.stride)

    def find(self, pair: FlowPair, reference: Image, target: Image,
             reference_px: Array) -> Matches:
        """Return where the patches around the points (N, 2) of the reference are."""
        expected = reference_px + sample_flow(pair.forward, reference_px, pair.stride)
        return search_patches(reference, target, reference_px, expected, self._options,
                              left_out=pair.left_out)


class Matchers(NamedTuple):
    """Hold how images are matched before there is a map, and with one.

    Without a map nothing but the flow itself tells the edges of what moves: where the camera
    moves it has to be as fine as can be.
    """

    without_map: Matcher
    with_map: Matcher
