# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One image in the size in which it is processed, converted once for all who use it."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import Intrinsics

Image = NDArray[np.uint8]


class WorkingImage:
    """Hold an image as the camera took it, and make what is asked for once."""

    def __init__(self, raw_rgb: Image, camera: Intrinsics) -> None:
        """Take an RGB image (H, W, 3) of any size and the camera of the working size."""
        self._raw_rgb = raw_rgb
        self._size = (camera.width, camera.height)

    @cached_property
    def grey(self) -> Image:
        """Return the image in grey (h, w) in the working size."""
        return self._resized(np.asarray(cv2.cvtColor(self._raw_rgb, cv2.COLOR_RGB2GRAY), np.uint8))

    @cached_property
    def rgb(self) -> Image:
        """Return the image in colour (h, w, 3) in the working size."""
        return self._resized(self._raw_rgb)

    def _resized(self, image: Image) -> Image:
        return np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA), np.uint8)


def half_size(image: Image) -> Image:
    """Return a grey image in half its size."""
    size = image.shape[1] // 2, image.shape[0] // 2
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
