# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the points of one image are in another: there and back, by flow or patch by patch."""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair, sample_flow
from anycam_ros.frontend.geometric.estimation.patch_alignment import (
    align_patches,
    PatchAlignmentOptions,
)
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
    alignment: PatchAlignmentOptions = field(default_factory=PatchAlignmentOptions)


class Matches(NamedTuple):
    """Hold where N points of the reference are in the target."""

    target_px: Array                  # (N, 2)
    is_valid: NDArray[np.bool_]       # (N,) there and back agree, and inside
    weight: Array                     # (N,) 1 / (1 + forward-backward error squared)


def follow(pair: FlowPair, reference_px: Array, options: MatchingOptions) -> Matches:
    """Return where the flow takes the points (N, 2) of the reference in the target."""
    forward = sample_flow(pair.forward, reference_px, pair.stride)
    target = reference_px + forward
    forward_backward_error = np.linalg.norm(
        forward + sample_flow(pair.backward, target, pair.stride), axis=1)
    height, width = (pair.stride * length for length in pair.forward.shape[:2])
    limit = options.forward_backward_px \
        + options.forward_backward_ratio * np.linalg.norm(forward, axis=1)
    # A NaN in the flow compares as false and so is never valid.
    is_valid = _is_inside(target, (height, width), options) & (forward_backward_error < limit)
    return _matches(target, is_valid, forward_backward_error, pair.left_out)


def search_patches(source: Image, target: Image, source_px: Array, expected_px: Array,
                   options: MatchingOptions, *,
                   left_out: NDArray[np.bool_] | None = None) -> Matches:
    """Return where the patches around points (N, 2) of the source are, close to where expected.

    The way back starts as far off as the way there did: started at its goal it would agree
    with anything. What lands in left_out (H, W) does not count.
    """
    there = align_patches(source, target, source_px, expected_px, options.alignment)
    offset = np.where(there.is_found[:, None], there.target_px - expected_px, np.nan)
    back = align_patches(target, source, there.target_px, source_px + offset, options.alignment)
    error = np.linalg.norm(back.target_px - source_px, axis=1)
    found_px = np.where(there.is_found[:, None], there.target_px, expected_px)
    is_valid = back.is_found & _is_inside(found_px, target.shape, options) \
        & (error < options.patch_forward_backward_px)
    return _matches(found_px, is_valid, error, left_out)


def _matches(target_px: Array, is_valid: NDArray[np.bool_], forward_backward_error: Array,
             left_out: NDArray[np.bool_] | None) -> Matches:
    if left_out is not None:
        is_valid = is_valid & ~lies_in(left_out, target_px)
    weight = np.where(is_valid, 1.0 / (1.0 + np.nan_to_num(forward_backward_error) ** 2), 0.0)
    return Matches(target_px, is_valid, weight)


def _is_inside(positions_px: Array, shape: tuple[int, ...],
               options: MatchingOptions) -> NDArray[np.bool_]:
    """Return which positions (N, 2) lie in an image (H, W), off its border."""
    farthest = np.array(shape[1::-1]) - 1 - options.border_px
    return np.asarray(((positions_px >= options.border_px)
                       & (positions_px <= farthest)).all(axis=1))


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
    is_expected = np.isfinite(expected_px[:, 0])
    start = np.where(is_expected[:, None], expected_px, -1e3)
    there, found_there = _lucas_kanade(source, target, source_px, start, options)
    back, found_back = _lucas_kanade(target, source, there, source_px + there - start,
                                    options)
    error = np.linalg.norm(back - source_px, axis=1)
    is_valid = is_expected & found_there & found_back \
        & _is_inside(there, target.shape, options) & (error < options.patch_forward_backward_px)
    return _matches(np.where(is_valid[:, None], there, 0.0), is_valid, error, None)


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
