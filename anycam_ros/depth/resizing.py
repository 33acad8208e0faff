# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images in another size."""

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics


def resized_depth(depth_m: NDArray[np.float32], camera: Intrinsics) -> NDArray[np.float32]:
    """Return depth (H, W) in the size of the images of a camera."""
    # Nothing between a near and a far pixel is true of both, nor next to a hole.
    return np.asarray(cv2.resize(depth_m, (camera.width, camera.height),
                                 interpolation=cv2.INTER_NEAREST), np.float32)
