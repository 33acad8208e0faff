# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What moves by itself, followed through the frames of one reference and on to the next."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dis import Image
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    coarse_shape,
    epipolar_residual,
    EpipolarResidual,
    Map,
    spread_depths,
    STRIDE,
    texture,
)
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.robust_statistics import MEDIAN_TO_STD
from anycam_ros.geometry.se3 import Array, inverse

MINIMUM_NOISE_PX = 0.5
NOISE_PER_FLOW = 0.03
MAXIMUM_SCORE = 20.0
MOVING_SCORE = 1.5           # times the error that is to be expected
MEMORY = 0.7                 # of the running mean over frames
ALONG_WEIGHT = 0.5           # along the epipolar line a wrong depth explains an error too
TEXTURE_PX = 6.0             # flow error times image gradient
FLAT_GRADIENT = 0.5
SPREADS = ((2.0, 1.0), (6.0, 0.1))    # deviation in coarse pixels, share


class Evidence(NamedTuple):
    """Hold, per pixel of the coarse grid of the reference, what speaks for a motion of its own."""

    score: Map    # flow error over the error that is to be expected
    trust: Map    # 0 to 1: how sharp that expectation is


class MotionMask:
    """Follow how badly each pixel of the reference image fits the camera's motion."""

    def __init__(self, camera: ProcessingCamera) -> None:
        """Take the camera of the working image."""
        self._shape = (camera.intrinsics.height, camera.intrinsics.width)
        rows, columns = np.indices(self._shape)
        self._grid = camera.centred(np.stack([columns, rows], axis=-1).astype(np.float64)
                                    ).astype(np.float32)
        self._texture: Map = np.zeros(coarse_shape(self._shape), np.float32)
        self._past: Evidence | None = None

    def nothing(self) -> NDArray[np.uint8]:
        """Return the mask of an image in which nothing moves."""
        return np.zeros(self._shape, np.uint8)

    def new_reference(self, image: Image, pair: FlowPair | None) -> None:
        """Go on from another image, to which pair leads; without one, start anew."""
        self._texture = texture(image)
        if self._past is not None and pair is not None:
            self._past = Evidence(_warped(self._past.score, pair), _warped(self._past.trust, pair))
        else:
            self._past = None

    def update(self, tracking: TrackingResult, local_map: LocalMap | None,
               focal_px: float) -> tuple[Map, NDArray[np.uint8]]:
        """Return uncertainty (px) and mask (255 = moves) of the image, of its full size."""
        T_target_reference, inverse_depth = tracking.T_camera_world, np.ones_like(self._texture)
        if local_map is not None:
            T_target_reference = tracking.T_camera_world @ inverse(local_map.T_camera_world[-1])
            inverse_depth = spread_depths(local_map.tracks.active_px,
                                          local_map.depths_in_newest(), self._shape)
        residual = epipolar_residual(tracking.pair, self._grid, inverse_depth, T_target_reference,
                                     focal_px)
        noise_px = max(MINIMUM_NOISE_PX, MEDIAN_TO_STD * float(np.median(residual.across)))
        evidence = self._evidence(residual, noise_px)
        if self._past is not None:
            evidence = Evidence(*(MEMORY * past + (1 - MEMORY) * new
                                  for past, new in zip(self._past, evidence, strict=True)))
        self._past = evidence
        score = _warped(_spread_by_trust(evidence), tracking.pair)
        score = np.asarray(cv2.resize(score, self._shape[::-1]), np.float32)
        return score * np.float32(noise_px), (score > MOVING_SCORE).astype(np.uint8) * 255

    def _evidence(self, residual: EpipolarResidual, noise_px: float) -> Evidence:
        expected_px = noise_px * (1 + NOISE_PER_FLOW * residual.length) \
            + residual.forward_backward_error + TEXTURE_PX / (self._texture + FLAT_GRADIENT)
        error_px = np.hypot(residual.across, ALONG_WEIGHT * residual.along)
        score = np.minimum(error_px / expected_px, MAXIMUM_SCORE)
        return Evidence(score.astype(np.float32), ((noise_px / expected_px) ** 2
                                                   ).astype(np.float32))


def lies_in(mask: NDArray[np.uint8], positions_px: Array) -> NDArray[np.bool_]:
    """Return which positions (N, 2) lie in a mask; those outside of the image take its border."""
    height, width = mask.shape
    column, row = np.rint(positions_px).astype(int).T
    inside = mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(inside > 0)


def _spread_by_trust(evidence: Evidence) -> Map:
    """Return the score averaged over neighbours that can be trusted, the nearest first."""
    total, weight = np.zeros_like(evidence.score), np.zeros_like(evidence.score)
    for std, share in SPREADS:
        total += share * cv2.GaussianBlur(evidence.score * evidence.trust, (0, 0), std)
        weight += share * cv2.GaussianBlur(evidence.trust, (0, 0), std)
    return np.asarray(total / (weight + 1e-9), np.float32)


def _warped(image: Map, pair: FlowPair) -> Map:
    """Return a coarse image of the reference as the target sees it."""
    backward = pair.backward[::STRIDE, ::STRIDE] / STRIDE
    rows, columns = np.indices(image.shape, np.float32)
    warped = cv2.remap(image, columns + backward[..., 0], rows + backward[..., 1],
                       cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)
