# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A wall that shows everywhere where it is, and a picture that went on."""

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.geometry.se3 import Array


def textured_wall(height: int, width: int, scales_px: tuple[float, ...] = (1.5, 4, 12)) -> Image:
    """Return a picture (H, W) of it, in greys that leave room for another light.

    Patches see the small scales, and flow over some pixels needs a large one.
    """
    rng = np.random.default_rng(0)
    noise = sum(std * cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), std)
                for std in scales_px)
    return cv2.normalize(noise, None, 40, 200, cv2.NORM_MINMAX).astype(np.uint8)


def moved(image: Image, step: Array, gain: float = 1.0, bias: float = 0.0,
          noise: float = 0.0) -> Image:
    """Return an image whose content went on by a step, in another light, with noise."""
    T = np.array([[1, 0, step[0]], [0, 1, step[1]]])
    seen = gain * cv2.warpAffine(image.astype(np.float32), T, image.shape[::-1],
                                 flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) + bias
    seen = seen + np.random.default_rng(1).normal(0, max(noise, 1e-9), seen.shape)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)
