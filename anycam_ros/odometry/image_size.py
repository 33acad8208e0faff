# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the working size back to the size of the camera's images."""

import cv2
import numpy as np
from numpy.typing import NDArray


def raw_mask(mask: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a mask in the size (H, W) of the camera's images."""
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def raw_map(image: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a smooth image in the size (H, W) of the camera's images."""
    return np.asarray(cv2.resize(image, shape[::-1]), np.float32)
