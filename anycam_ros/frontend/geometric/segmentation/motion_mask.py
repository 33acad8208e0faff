# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion mask: what moves by itself, followed over frames and from key frame to key frame."""

from dataclasses import dataclass
import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.segmentation.depth_expectation import (
    DepthExpectationOptions,
    expected_depth,
    ExpectedDepth,
    unknown_depth,
)
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    coarse_shape,
    epipolar_residual,
    EpipolarResidual,
    EpipolarResidualOptions,
    Map,
    STRIDE,
    texture,
)
from anycam_ros.frontend.geometric.segmentation.guided_filter import guided_filter
from anycam_ros.frontend.geometric.segmentation.static_appearance import (
    induced_positions,
    InducedPositions,
    static_appearance,
    StaticAppearanceOptions,
)
from anycam_ros.frontend.working_image import half_size
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.compiled import compiled_reordered, inlined
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, inverse

OF_ONE_WAY = 0.5 ** 0.5    # of the error of flow there and back: both ways err alike
WIDE_STD = 4.0       # of a blur, coarse pixels, from which on half the resolution shows no less


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
    # A patch of flow reaches over the edge of what moves; the picture shows where the edge is.
    guide_radius: int = 6              # coarse pixels: a patch of 8 and what the blur adds
    guide_edge: float = 5.0            # grey levels


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
        self._rows, self._columns = np.indices(coarse_shape(self._shape)).astype(np.float32)
        centres = np.stack([self._columns, self._rows], axis=-1).astype(np.float64)
        self._grid = camera.undistorted_px(STRIDE * (centres + 0.5) - 0.5).astype(np.float32)
        self._past: _Past | None = None
        self.newest = np.zeros(self._shape, np.uint8)    # (H, W) 255 where things move
        self.reached = self.newest    # the same with what a patch around may see of them

    def new_reference(self, *, is_newest: bool) -> None:
        """Take flow from another image now: from the newest one, or else start again."""
        if self._past is not None and is_newest:
            self._past = self._past._replace(T_camera_reference=np.eye(4), flow=None)
        else:
            self._past = None

    def update(self, tracking: TrackingResult, window: SlidingWindow | None,
               focal_px: float) -> Map:
        """Return the uncertainty (px) on the coarse grid of the image, and make its mask."""
        T_target_reference, depth = tracking.T_camera_world, unknown_depth(self._shape)
        if window is not None:
            T_target_reference = tracking.T_camera_world @ inverse(window.T_camera_world[-1])
            depth = expected_depth(tracking, window, T_target_reference, self._shape,
                                   self._depth_options)
        T_reference_target = inverse(T_target_reference)
        pair, left_out = tracking.pair.on_grid(STRIDE), tracking.pair.left_out
        residual = epipolar_residual(pair.backward, pair.forward, self._grid, depth.mean,
                                     T_reference_target, focal_px)
        if left_out is not None:
            residual.is_known[left_out[::STRIDE, ::STRIDE]] = False
        noise_px = self._noise_px(residual, tracking)
        evidence = self._evidence(residual, depth, noise_px,
                                  texture(tracking.image, self._residual_options))
        image = np.asarray(half_size(tracking.image), np.float32)
        if self._past is not None:
            induced = induced_positions(self._camera, depth.mean,
                                        self._past.T_camera_reference @ T_reference_target,
                                        focal_px)
            evidence = _joined(evidence, self._appearance(image, self._past, induced, depth))
            evidence = self._with_past(evidence, pair.backward, self._past)
        if left_out is not None:
            evidence.trust[left_out[::STRIDE, ::STRIDE]] = 0
        self._past = _Past(evidence, image, T_target_reference, pair.forward)
        score, vote = self._spread_by_trust(evidence)
        self.reached = self._marked(vote, left_out)
        self.newest = self._marked(guided_filter(
            vote, image, self._options.guide_radius, self._options.guide_edge), left_out)
        return np.asarray(score * np.float32(noise_px), np.float32)

    def _marked(self, vote: Map, left_out: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
        """Return the mask (H, W) of a vote on the coarse grid."""
        mask = np.asarray(cv2.resize(vote, self._shape[::-1]) > self._options.moving_score)
        if left_out is not None:
            mask &= ~left_out
        return mask.astype(np.uint8) * 255

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
        evidence = Evidence(np.zeros_like(gradient), np.zeros_like(gradient))
        _fill_evidence(residual, depth, gradient, noise_px, options.noise_per_flow,
                       options.texture_px, options.flat_gradient, options.maximum_score, evidence)
        return evidence

    def _appearance(self, image: Map, past: _Past, induced: InducedPositions,
                    depth: ExpectedDepth) -> Evidence:
        """Return what the image before says, seen from here, of things that it showed already."""
        appearance = static_appearance(image, past.image, induced, depth,
                                       self._appearance_options)
        return Evidence(appearance.score, self._options.appearance_trust * appearance.trust)

    def _with_past(self, new: Evidence, backward: Flow, past: _Past) -> Evidence:
        """Return the mean over frames, by trust; what was hidden before has no past."""
        # Over a hole in the flow the past stays where it is.
        back = _without_holes(backward)
        x, y = self._columns + back[..., 0] / STRIDE, self._rows + back[..., 1] / STRIDE
        if past.flow is not None:
            onward = _without_holes(np.asarray(cv2.remap(
                past.flow, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32))
            x, y = x + onward[..., 0] / STRIDE, y + onward[..., 1] / STRIDE
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
        total = sum(np.float32(share) * _blurred(weighted, std)
                    for std, share in self._options.spreads)
        weight = total[..., 2] + np.float32(1e-9)
        score, vote = (np.asarray(total[..., i] / weight, np.float32) for i in (0, 1))
        return score, vote


def _without_holes(flow: Flow) -> Flow:
    """Return flow that is 0 where it was not finite; few kinds of flow have such holes."""
    if np.isfinite(flow.sum()):
        return flow
    return np.asarray(np.nan_to_num(flow, posinf=0.0, neginf=0.0), np.float32)


def _blurred(image: Map, std: float) -> Map:
    """Return an image with a wide blur made in half the size, which is a quarter of the work."""
    if std < WIDE_STD:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), std), np.float32)
    height, width = image.shape[:2]
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cv2.GaussianBlur(half, (0, 0), std / 2), (width, height)),
                      np.float32)


def _joined(first: Evidence, second: Evidence) -> Evidence:
    """Return the mean of two scores by trust, and the sum of their trust."""
    trust = first.trust + second.trust
    score = (first.trust * first.score + second.trust * second.score) / (trust + 1e-9)
    return Evidence(np.asarray(score, np.float32), np.asarray(trust, np.float32))


@compiled_reordered
def _fill_evidence(residual: EpipolarResidual, depth: ExpectedDepth, gradient: Map,
                   noise_px: float, noise_per_flow: float, texture_px: float,
                   flat_gradient: float, maximum_score: float, out: Evidence) -> None:
    rows, columns = gradient.shape
    for i in range(rows):
        for j in range(columns):
            if not residual.is_known[i, j]:
                continue
            expected_px = noise_px * (1 + noise_per_flow * residual.length[i, j]) \
                + OF_ONE_WAY * residual.forward_backward_error[i, j] \
                + texture_px / (gradient[i, j] + flat_gradient)
            left_px = _unexplained(residual.along[i, j], residual.per_depth[i, j],
                                   depth.mean[i, j], depth.std[i, j], expected_px)
            error_px = math.sqrt(residual.across[i, j] ** 2 + left_px * left_px)
            out.score[i, j] = min(error_px / expected_px, maximum_score)
            out.trust[i, j] = (noise_px / expected_px) ** 2


@inlined
def _unexplained(along_px: float, per_depth: float, mean: float, std: float,
                 expected_px: float) -> float:
    """Return what no likely depth explains of an error along the epipolar line, px.

    The inverse depth is free with a Gaussian prior, and not below zero: nothing lies beyond
    infinity.
    """
    reach_px = per_depth * std
    explained = along_px * reach_px ** 2 / (reach_px ** 2 + expected_px ** 2)
    explained = max(explained, -per_depth * mean)
    deviation = explained / max(reach_px, 1e-9)
    return math.sqrt((along_px - explained) ** 2 + (deviation * expected_px) ** 2)
