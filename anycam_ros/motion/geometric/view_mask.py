# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What moves by itself, followed through the frames of one reference and on to the next."""

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dis import Image
from anycam_ros.geometry.se3 import inverse
from anycam_ros.motion.geometric.flow_residual import (
    flow_residual, Score, spread_depths, STRIDE, texture)
from anycam_ros.motion.geometric.matching import FlowPair
from anycam_ros.motion.geometric.sighting import Sighting
from anycam_ros.motion.geometric.window import KeyFrameWindow
from anycam_ros.motion.geometric.working_camera import WorkingCamera

MAXIMUM_SCORE = 20.0
MOVING_SCORE = 1.5           # times the error that is to be expected
SPREADS = ((2.0, 1.0), (6.0, 0.1))      # deviation in coarse pixels, share
MEMORY = 0.7                 # of the running mean over frames
ALONG_WEIGHT = 0.5           # along the epipolar line a wrong depth explains an error too
TEXTURE_PX = 6.0             # flow error times image gradient
FLAT_GRADIENT = 0.5


class ViewMask:
    """Follow how badly each pixel of the reference image fits the camera's motion."""

    def __init__(self, camera: WorkingCamera) -> None:
        """Take the camera of the working image."""
        width, height = camera.intrinsics.width, camera.intrinsics.height
        pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
        self._grid = camera.centred(pixels.astype(np.float64)).astype(np.float32)
        self._shape = (height, width)
        self._coarse = (-(-height // STRIDE), -(-width // STRIDE))
        self._score: Score | None = None
        self._texture: Score | None = None

    def new_reference(self, image: Image, pair: FlowPair | None) -> None:
        """Go on from another image, to which pair leads; without one, start anew."""
        self._texture = texture(image)
        if self._score is not None:
            self._score = None if pair is None else self._in_target(self._score, pair)
            self._trust = None if pair is None else self._in_target(self._trust, pair)

    def update(self, sighting: Sighting, window: KeyFrameWindow | None,
               focal_px: float) -> tuple[Score, NDArray[np.uint8]]:
        """Return uncertainty (px) and mask (255 = moves) of the image, of its full size."""
        if window is None:
            T_target_reference = sighting.T_camera_world
            depth = np.ones(self._coarse, np.float32)
        else:
            T_target_reference = sighting.T_camera_world @ inverse(window.T_camera_world[-1])
            depth = spread_depths(window.tracks.key_px[window.tracks.active_rows],
                                  window.depths_in_newest(), self._shape)
        residual = flow_residual(sighting.pair, self._grid, depth, T_target_reference, focal_px)
        noise = max(0.5, 1.48 * float(np.median(residual.across)))
        expected = noise * (1 + 0.03 * residual.length) + residual.disagreement \
            + TEXTURE_PX / (self._texture + FLAT_GRADIENT)
        error = np.sqrt(residual.across ** 2 + (ALONG_WEIGHT * residual.along) ** 2)
        score = np.minimum(error / expected, MAXIMUM_SCORE)
        trust = (noise / expected) ** 2
        if self._score is not None:
            score = MEMORY * self._score + (1 - MEMORY) * score
            trust = MEMORY * self._trust + (1 - MEMORY) * trust
        self._score, self._trust = score, trust
        smooth = spread_by_trust(score, trust)
        smooth = cv2.resize(self._in_target(smooth, sighting.pair), self._shape[::-1])
        return smooth * np.float32(noise), (smooth > MOVING_SCORE).astype(np.uint8) * 255

    def _in_target(self, image: Score, pair: FlowPair) -> Score:
        rows, columns = self._coarse
        backward = pair.backward[::STRIDE, ::STRIDE] / STRIDE
        x = np.arange(columns, dtype=np.float32) + backward[..., 0]
        y = np.arange(rows, dtype=np.float32)[:, None] + backward[..., 1]
        return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def spread_by_trust(score: Score, trust: Score) -> Score:
    """Return the score averaged over neighbours that can be trusted, the nearest first."""
    total, weight = np.zeros_like(score), np.zeros_like(score)
    for sigma, share in SPREADS:
        total += share * cv2.GaussianBlur(score * trust, (0, 0), sigma)
        weight += share * cv2.GaussianBlur(trust, (0, 0), sigma)
    return total / (weight + 1e-9)
