# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the working size back to the size of the camera's images."""

import cv2
import numpy as np
from numpy.typing import NDArray


def raw_mask(mask: NDArray[np.uint8] | None,
             shape: tuple[int, int]) -> NDArray[np.uint8] | None:
    """Return a mask in the size of the camera's images."""
    if mask is None:
        return None
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def raw_map(image_px: NDArray[np.float32] | None, shape: tuple[int, int],
            scale: float) -> NDArray[np.float32] | None:
    """Return an image of pixel distances in the size of the camera's images, and in its pixels."""
    if image_px is None:
        return None
    return np.asarray(cv2.resize(image_px, shape[::-1]) * np.float32(scale), np.float32)
