# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the size of the camera's pictures to the size they are tracked in, and back."""

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics


def resized_image(image: NDArray[np.uint8], working: Intrinsics) -> NDArray[np.uint8]:
    """Return a picture (H, W) or (H, W, 3) in the size of the working camera."""
    resized = cv2.resize(image, (working.width, working.height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)


def resized_depth(depth_m: NDArray[np.float32], camera: Intrinsics) -> NDArray[np.float32]:
    """Return depth (H, W) in the size of the pictures of a camera."""
    # Nothing between a near and a far pixel is true of both, nor next to a hole.
    return np.asarray(cv2.resize(depth_m, (camera.width, camera.height),
                                 interpolation=cv2.INTER_NEAREST), np.float32)


def raw_mask(mask: NDArray[np.uint8] | None,
             shape: tuple[int, int]) -> NDArray[np.uint8] | None:
    """Return a mask in the shape of the camera's pictures."""
    if mask is None:
        return None
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def raw_map(image_px: NDArray[np.float32] | None, shape: tuple[int, int],
            scale: float) -> NDArray[np.float32] | None:
    """Return an image of pixel distances in the shape of the camera's pictures, and its pixels."""
    if image_px is None:
        return None
    return np.asarray(cv2.resize(image_px, shape[::-1]) * np.float32(scale), np.float32)
