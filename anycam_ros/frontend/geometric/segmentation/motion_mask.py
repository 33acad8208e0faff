# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion mask: what moves by itself, followed over frames and from key frame to key frame."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.segmentation.depth_expectation import (
    DepthExpectationOptions,
    expected_depth,
    ExpectedDepth,
    unknown_depth,
)
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    epipolar_residual,
    EpipolarResidual,
    EpipolarResidualOptions,
    Map,
    STRIDE,
    texture,
)
from anycam_ros.frontend.geometric.segmentation.static_appearance import (
    coarse_image,
    induced_positions,
    static_appearance,
    StaticAppearanceOptions,
)
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, inverse


@dataclass(frozen=True)
class MotionMaskOptions:
    """Choose which flow error is expected, and from where on something moves."""

    minimum_noise_px: float = 0.5      # of flow, in the best images
    noise_per_flow: float = 0.03       # long flow errs more
    texture_px: float = 6.0            # flow error times image gradient, grey levels
    flat_gradient: float = 0.5         # grey levels per pixel, of noise alone
    maximum_score: float = 20.0        # so that one absurd error does not outweigh its neighbours
    moving_score: float = 2.0          # standard deviations, as is usual; fewer mark static scenes
    memory: float = 0.5                # of the running mean over frames
    appearance_trust: float = 0.05     # of the image before, where flow from the key frame fits
    # Over what neighbours a score is averaged: standard deviation in coarse pixels, and share. The
    # wide one fills regions without texture.
    spreads: tuple[tuple[float, float], ...] = ((2.0, 1.0), (6.0, 0.1))


class Evidence(NamedTuple):
    """Hold, per pixel of the coarse grid of an image, what speaks for a motion of its own."""

    score: Map    # flow error over the error that is to be expected
    trust: Map    # how sharp that expectation is, summed over frames; 0 where nothing is known


class _Past(NamedTuple):
    """Hold what is known of the image before."""

    evidence: Evidence
    image: Map                  # grey, on the coarse grid
    T_camera_reference: Array
    flow: Flow | None           # from the reference to it; None where it is the reference


class MotionMask:
    """Follow how badly each pixel fits the camera's motion."""

    def __init__(self, camera: ProcessingCamera, options: MotionMaskOptions,
                 residual: EpipolarResidualOptions, depth: DepthExpectationOptions,
                 appearance: StaticAppearanceOptions) -> None:
        """Take the camera of the working image."""
        self._camera, self._options = camera, options
        self._residual_options, self._depth_options = residual, depth
        self._appearance_options = appearance
        self._shape = (camera.intrinsics.height, camera.intrinsics.width)
        rows, columns = np.indices(self._shape)
        self._grid = camera.undistorted_px(np.stack([columns, rows], axis=-1).astype(np.float64)
                                           ).astype(np.float32)
        self._rows, self._columns = (np.ascontiguousarray(index[::STRIDE, ::STRIDE], np.float32)
                                     for index in (rows, columns))
        self._past: _Past | None = None
        self.newest = np.zeros(self._shape, np.uint8)    # (H, W) 255 where things move

    def new_reference(self, *, is_newest: bool) -> None:
        """Take flow from another image now: from the newest one, or else start again."""
        if self._past is not None and is_newest:
            self._past = self._past._replace(T_camera_reference=np.eye(4), flow=None)
        else:
            self._past = None

    def update(self, tracking: TrackingResult, window: SlidingWindow | None,
               focal_px: float) -> Map:
        """Return the uncertainty (px) of the image, in its full size, and make its mask."""
        T_target_reference, depth = tracking.T_camera_world, unknown_depth(self._shape)
        if window is not None:
            T_target_reference = tracking.T_camera_world @ inverse(window.T_camera_world[-1])
            depth = expected_depth(tracking, window, T_target_reference, self._shape,
                                   self._depth_options)
        T_reference_target = inverse(T_target_reference)
        pair, left_out = tracking.pair, tracking.pair.left_out
        residual = epipolar_residual(FlowPair(pair.backward, pair.forward), self._grid,
                                     depth.mean, T_reference_target, focal_px)
        if left_out is not None:
            residual.is_known[left_out[::STRIDE, ::STRIDE]] = False
        noise_px = self._noise_px(residual, tracking)
        evidence = self._evidence(residual, depth, noise_px,
                                  texture(tracking.image, self._residual_options))
        image = coarse_image(tracking.image)
        if self._past is not None:
            induced = induced_positions(self._camera, depth.mean,
                                        self._past.T_camera_reference @ T_reference_target,
                                        focal_px)
            appearance = static_appearance(image, self._past.image, induced, depth,
                                           self._appearance_options)
            evidence = _joined(evidence, Evidence(
                appearance.score, self._options.appearance_trust * appearance.trust))
            evidence = self._with_past(evidence, pair, self._past)
        if left_out is not None:
            evidence.trust[left_out[::STRIDE, ::STRIDE]] = 0
        self._past = _Past(evidence, image, T_target_reference, pair.forward)
        score, vote = self._spread_by_trust(evidence)
        moving_score = self._options.moving_score
        self.newest = (self._enlarged(vote) > moving_score).astype(np.uint8) * 255
        if left_out is not None:
            self.newest[left_out] = 0
        return self._enlarged(score * np.float32(noise_px))

    def _enlarged(self, image: Map) -> Map:
        return np.asarray(cv2.resize(image, self._shape[::-1]), np.float32)

    def _noise_px(self, residual: EpipolarResidual, tracking: TrackingResult) -> float:
        """Return the noise of the flow where the camera's motion explains it."""
        follows = tracking.matches.target_px[tracking.is_inlier]
        column, row = np.clip((follows / STRIDE).astype(int), 0,
                              np.array(residual.across.shape[::-1]) - 1).T
        known = residual.is_known[row, column]
        if not known.any():
            return self._options.minimum_noise_px
        across = residual.across[row, column][known]
        return max(self._options.minimum_noise_px, MEDIAN_TO_STD * float(np.median(across)))

    def _evidence(self, residual: EpipolarResidual, depth: ExpectedDepth, noise_px: float,
                  gradient: Map) -> Evidence:
        options = self._options
        expected_px = noise_px * (1 + options.noise_per_flow * residual.length) \
            + residual.forward_backward_error \
            + options.texture_px / (gradient + options.flat_gradient)
        error_px = np.hypot(residual.across, _unexplained(residual, depth, expected_px))
        score = np.minimum(error_px / expected_px, options.maximum_score)
        trust = (noise_px / expected_px) ** 2 * residual.is_known
        return Evidence(score.astype(np.float32), trust.astype(np.float32))

    def _with_past(self, new: Evidence, pair: FlowPair, past: _Past) -> Evidence:
        """Return the mean over frames, by trust; what was hidden before has no past."""
        # Over a hole in the flow the past stays where it is.
        backward = np.nan_to_num(pair.backward[::STRIDE, ::STRIDE], posinf=0.0, neginf=0.0)
        x, y = self._columns + backward[..., 0], self._rows + backward[..., 1]
        if past.flow is not None:
            onward = np.nan_to_num(cv2.remap(past.flow, x, y, cv2.INTER_LINEAR,
                                             borderMode=cv2.BORDER_REPLICATE))
            x, y = x + onward[..., 0], y + onward[..., 1]
        x, y = x / STRIDE, y / STRIDE
        score, trust = (np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR), np.float32)
                        for image in past.evidence)
        memory = np.float32(self._options.memory)
        return _joined(Evidence(score, memory * trust),
                       Evidence(new.score, (1 - memory) * new.trust))

    def _spread_by_trust(self, evidence: Evidence) -> tuple[Map, Map]:
        """Return the score averaged over neighbours that can be trusted, the nearest first.

        In the second one, trusted neighbours that disagree vote, however large their errors are.
        """
        vote = np.minimum(evidence.score, 2 * self._options.moving_score)
        weighted = np.stack([evidence.score * evidence.trust, vote * evidence.trust,
                             evidence.trust], axis=-1)
        total = np.zeros_like(weighted)
        for std, share in self._options.spreads:
            total += share * cv2.GaussianBlur(weighted, (0, 0), std)
        weight = total[..., 2] + np.float32(1e-9)
        score, vote = (np.asarray(total[..., i] / weight, np.float32) for i in (0, 1))
        return score, vote


def _joined(first: Evidence, second: Evidence) -> Evidence:
    """Return the mean of two scores by trust, and the sum of their trust."""
    trust = first.trust + second.trust
    score = (first.trust * first.score + second.trust * second.score) / (trust + 1e-9)
    return Evidence(np.asarray(score, np.float32), np.asarray(trust, np.float32))


def _unexplained(residual: EpipolarResidual, depth: ExpectedDepth, expected_px: Map) -> Map:
    """Return what no likely depth explains of the error along the epipolar lines, px.

    The inverse depth is free with a Gaussian prior, and not below zero: nothing lies beyond
    infinity.
    """
    reach_px = residual.per_depth * depth.std
    explained = residual.along * reach_px ** 2 / (reach_px ** 2 + expected_px ** 2)
    explained = np.maximum(explained, -residual.per_depth * depth.mean)
    deviation = explained / np.maximum(reach_px, 1e-9)
    return np.asarray(np.hypot(residual.along - explained, deviation * expected_px), np.float32)
