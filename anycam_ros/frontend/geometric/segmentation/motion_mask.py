# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion mask: what moves by itself, followed over frames and from key frame to key frame."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    coarse_shape,
    epipolar_residual,
    EpipolarResidual,
    EpipolarResidualOptions,
    Map,
    spread_depths,
    STRIDE,
    texture,
)
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import inverse


@dataclass(frozen=True)
class MotionMaskOptions:
    """Choose which flow error is expected, and from where on something moves."""

    minimum_noise_px: float = 0.5      # of flow, in the best images
    noise_per_flow: float = 0.03       # long flow errs more
    texture_px: float = 6.0            # flow error times image gradient, grey levels
    flat_gradient: float = 0.5         # grey levels per pixel, of noise alone
    along_weight: float = 0.5          # there a wrong depth explains an error, too
    maximum_score: float = 20.0        # so that one absurd error does not outweigh its neighbours
    moving_score: float = 1.5          # times the error that is to be expected
    memory: float = 0.7                # of the running mean over frames
    # Over what neighbours a score is averaged: standard deviation in coarse pixels, and share. The
    # wide one fills regions without texture.
    spreads: tuple[tuple[float, float], ...] = ((2.0, 1.0), (6.0, 0.1))


class Evidence(NamedTuple):
    """Hold, per pixel of the coarse grid of the reference, what speaks for a motion of its own."""

    score: Map    # flow error over the error that is to be expected
    trust: Map    # 0 to 1: how sharp that expectation is; 0 where flow is unknown


class MotionMask:
    """Follow how badly each pixel of the reference image fits the camera's motion."""

    def __init__(self, camera: ProcessingCamera, options: MotionMaskOptions,
                 residual: EpipolarResidualOptions) -> None:
        """Take the camera of the working image."""
        self._options, self._residual_options = options, residual
        self._shape = (camera.intrinsics.height, camera.intrinsics.width)
        rows, columns = np.indices(self._shape)
        self._grid = camera.undistorted_px(np.stack([columns, rows], axis=-1).astype(np.float64)
                                           ).astype(np.float32)
        self._texture: Map = np.zeros(coarse_shape(self._shape), np.float32)
        self._past: Evidence | None = None
        self.newest = np.zeros(self._shape, np.uint8)    # (H, W) 255 where things move

    def new_reference(self, image: Image, pair: FlowPair | None) -> None:
        """Go on from another image, to which pair leads; without one, start again."""
        self._texture = texture(image, self._residual_options)
        if self._past is not None and pair is not None:
            # What comes from nowhere is not known.
            trust = _warped(self._past.trust, pair) * _is_known(pair)
            self._past = Evidence(_warped(self._past.score, pair), trust)
        else:
            self._past = None

    def update(self, tracking: TrackingResult, window: SlidingWindow | None,
               focal_px: float) -> Map:
        """Return the uncertainty (px) of the image, in its full size, and make its mask."""
        T_target_reference, inverse_depth = tracking.T_camera_world, np.ones_like(self._texture)
        if window is not None:
            T_target_reference = tracking.T_camera_world @ inverse(window.T_camera_world[-1])
            inverse_depth = spread_depths(
                window.tracks.active_px, window.inverse_depths_in_newest(), self._shape,
                self._residual_options)
        residual = epipolar_residual(tracking.pair, self._grid, inverse_depth, T_target_reference,
                                     focal_px)
        left_out = tracking.pair.left_out
        if left_out is not None:
            residual.is_known[left_out[::STRIDE, ::STRIDE]] = False
        noise_px = self._noise_px(residual)
        self._past = self._with_past(self._evidence(residual, noise_px), residual.is_known)
        score = _warped(self._spread_by_trust(self._past), tracking.pair)
        score = np.asarray(cv2.resize(score, self._shape[::-1]), np.float32)
        self.newest = (score > self._options.moving_score).astype(np.uint8) * 255
        if left_out is not None:
            self.newest[left_out] = 0
        return np.asarray(score * np.float32(noise_px), np.float32)

    def _noise_px(self, residual: EpipolarResidual) -> float:
        minimum_px = self._options.minimum_noise_px
        if not residual.is_known.any():
            return minimum_px
        return max(minimum_px,
                   MEDIAN_TO_STD * float(np.median(residual.across[residual.is_known])))

    def _evidence(self, residual: EpipolarResidual, noise_px: float) -> Evidence:
        options = self._options
        expected_px = noise_px * (1 + options.noise_per_flow * residual.length) \
            + residual.forward_backward_error \
            + options.texture_px / (self._texture + options.flat_gradient)
        error_px = np.hypot(residual.across, options.along_weight * residual.along)
        score = np.minimum(error_px / expected_px, options.maximum_score)
        trust = (noise_px / expected_px) ** 2 * residual.is_known
        return Evidence(score.astype(np.float32), trust.astype(np.float32))

    def _with_past(self, new: Evidence, is_known: NDArray[np.bool_]) -> Evidence:
        """Return the running mean; where nothing is known now, the past holds but fades."""
        if self._past is None:
            return new
        new = Evidence(np.where(is_known, new.score, self._past.score), new.trust)
        memory = self._options.memory
        return Evidence(*(memory * past + (1 - memory) * now
                          for past, now in zip(self._past, new, strict=True)))

    def _spread_by_trust(self, evidence: Evidence) -> Map:
        """Return the score averaged over neighbours that can be trusted, the nearest first."""
        total, weight = np.zeros_like(evidence.score), np.zeros_like(evidence.score)
        for std, share in self._options.spreads:
            total += share * cv2.GaussianBlur(evidence.score * evidence.trust, (0, 0), std)
            weight += share * cv2.GaussianBlur(evidence.trust, (0, 0), std)
        return np.asarray(total / (weight + 1e-9), np.float32)


def _warped(image: Map, pair: FlowPair) -> Map:
    """Return a coarse image of the reference as the target sees it; unknown flow counts as 0."""
    backward = np.nan_to_num(pair.backward[::STRIDE, ::STRIDE] / STRIDE)
    rows, columns = np.indices(image.shape, np.float32)
    warped = cv2.remap(image, columns + backward[..., 0], rows + backward[..., 1],
                       cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def _is_known(pair: FlowPair) -> NDArray[np.bool_]:
    """Return where the target's pixels on the coarse grid have flow back to the reference."""
    return np.asarray(np.isfinite(pair.backward[::STRIDE, ::STRIDE]).all(axis=-1))
