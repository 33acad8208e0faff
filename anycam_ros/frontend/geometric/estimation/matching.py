# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the points of one image are in another: there and back, by flow or patch by patch."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import DenseFlow, Flow, Image
from anycam_ros.geometry.se3 import Array

Mask = NDArray[np.uint8] | NDArray[np.bool_]


@dataclass(frozen=True)
class MatchingOptions:
    """Choose which matches count."""

    border_px: float = 3.0             # of the image, where flow is cut off
    forward_backward_px: float = 1.0   # error of flow that still counts
    forward_backward_ratio: float = 0.03   # of the flow, besides: long flow errs more
    patch_px: int = 15                 # side of a patch that is searched for
    pyramid_levels: int = 2            # so that a patch may be 15 px off where it is expected
    patch_forward_backward_px: float = 1.0     # error of a patch that still counts


class FlowPair(NamedTuple):
    """Hold the flow between a reference and a target image, both ways, pixels."""

    forward: Flow     # (H, W, 2) reference to target
    backward: Flow    # (H, W, 2) target to reference
    left_out: NDArray[np.bool_] | None = None    # (H, W) of the target: fixed to the camera


class Matches(NamedTuple):
    """Hold where N points of the reference are in the target."""

    target_px: Array                  # (N, 2)
    is_valid: NDArray[np.bool_]       # (N,) there and back agree, and inside
    weight: Array                     # (N,) 1 / (1 + forward-backward error squared)


def flow_both_ways(flow: DenseFlow, reference: Image, target: Image,
                   start: FlowPair | None = None,
                   left_out: NDArray[np.bool_] | None = None) -> FlowPair:
    """Return the flow from reference to target and back, started from earlier flow."""
    initial = None if start is None else (start.forward, start.backward)
    return FlowPair(*flow.both_ways(reference, target, initial), left_out)


def sample(image: Flow, positions_px: Array) -> Array:
    """Return bilinear samples (N, C) of an image (H, W, C) at positions (N, 2)."""
    x, y = positions_px.astype(np.float32).T
    sampled = cv2.remap(image, x[:, None], y[:, None], cv2.INTER_LINEAR,
                        borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.float64).reshape(len(positions_px), -1)


def follow(pair: FlowPair, reference_px: Array, options: MatchingOptions) -> Matches:
    """Return where the points (N, 2) of the reference are in the target."""
    forward = sample(pair.forward, reference_px)
    target = reference_px + forward
    forward_backward_error = np.linalg.norm(forward + sample(pair.backward, target), axis=1)
    height, width = pair.forward.shape[:2]
    inside = ((target >= options.border_px)
              & (target <= np.array([width, height]) - 1 - options.border_px)).all(axis=1)
    limit = options.forward_backward_px \
        + options.forward_backward_ratio * np.linalg.norm(forward, axis=1)
    # A NaN in the flow compares as false and so is never valid.
    is_valid = inside & (forward_backward_error < limit)
    if pair.left_out is not None:
        is_valid &= ~lies_in(pair.left_out, target)
    weight = np.where(is_valid, 1.0 / (1.0 + np.nan_to_num(forward_backward_error) ** 2), 0.0)
    return Matches(target, is_valid, weight)


def lies_in(mask: Mask, positions_px: Array) -> NDArray[np.bool_]:
    """Return which positions (N, 2) lie in a mask; those outside of the image take its border."""
    height, width = mask.shape
    column, row = np.rint(np.nan_to_num(positions_px)).astype(int).T
    inside = mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(inside > 0)


def search_near(source: Image, target: Image, source_px: Array, expected_px: Array,
                options: MatchingOptions) -> Matches:
    """Return where the patches around points (N, 2) of the source are near where expected.

    The way back starts as far off as the way there did: started at its goal it would agree
    with anything.
    """
    height, width = source.shape
    is_expected = np.isfinite(expected_px[:, 0])
    start = np.where(is_expected[:, None], expected_px, -1e3)
    there, found_there = _lucas_kanade(source, target, source_px, start, options)
    back, found_back = _lucas_kanade(target, source, there, source_px + there - start,
                                    options)
    forward_backward_error = np.linalg.norm(back - source_px, axis=1)
    is_inside = ((there >= options.border_px)
                 & (there <= np.array([width, height]) - 1 - options.border_px)).all(axis=1)
    is_valid = is_expected & found_there & found_back & is_inside \
        & (forward_backward_error < options.patch_forward_backward_px)
    weight = np.where(is_valid, 1.0 / (1.0 + forward_backward_error ** 2), 0.0)
    return Matches(np.where(is_valid[:, None], there, 0.0), is_valid, weight)


def _lucas_kanade(source: Image, target: Image, source_px: Array,
                  start_px: Array, options: MatchingOptions) -> tuple[Array, NDArray[np.bool_]]:
    """Return the positions (N, 2) in the target, and which were found."""
    found_px, found, _ = cv2.calcOpticalFlowPyrLK(
        source, target, np.ascontiguousarray(source_px[:, None], np.float32),
        np.ascontiguousarray(start_px[:, None], np.float32),
        winSize=(options.patch_px, options.patch_px), maxLevel=options.pyramid_levels,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 20, 0.01))
    return np.asarray(found_px[:, 0], np.float64), np.asarray(found[:, 0], np.bool_)
