# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes into the odometry: one image with its stamp."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import FrameError
from anycam_ros.geometry.camera import Intrinsics

MINIMUM_SIDE_PX = 64


@dataclass(frozen=True, eq=False)
class Frame:
    """Hold one image: stamp_s in seconds, image_rgb (H, W, 3) uint8.

    depth_m is (H, W) float32 in metres, registered to the image; 0, NaN or infinity mean unknown.
    intrinsics, where known, are those of this image.
    """

    stamp_s: float
    image_rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None = None
    intrinsics: Intrinsics | None = None

    def __post_init__(self) -> None:
        """Raise FrameError for what no camera delivers."""
        shape, dtype = self.image_rgb.shape, self.image_rgb.dtype
        if len(shape) != 3 or shape[2] != 3 or dtype != np.uint8:
            raise FrameError(f'image is {shape} {dtype}; it must be (height, width, 3) uint8 RGB.')
        if min(shape[:2]) < MINIMUM_SIDE_PX:
            raise FrameError(
                f'image is {shape[1]}x{shape[0]} px; both sides must be at least '
                f'{MINIMUM_SIDE_PX} px. Use a larger image.')
        if not np.isfinite(self.stamp_s):
            raise FrameError(f'stamp is {self.stamp_s}; it must be a finite number of seconds.')
        if self.depth_m is not None:
            self._check_depth(self.depth_m)
        camera = self.intrinsics
        if camera is not None and (camera.width, camera.height) != (self.width, self.height):
            raise FrameError(
                f'intrinsics are for {camera.width}x{camera.height} px, the image has '
                f'{self.width}x{self.height}; intrinsics.resized() gives those of the image.')

    def _check_depth(self, depth_m: NDArray[np.float32]) -> None:
        if depth_m.ndim != 2 or depth_m.dtype != np.float32:
            raise FrameError(f'depth is {depth_m.shape} {depth_m.dtype}; it must be (height, '
                             'width) float32, in metres.')
        height, width = depth_m.shape
        if (width, height) != (self.width, self.height):
            raise FrameError(
                f'depth is {width}x{height} px, the image {self.width}x{self.height} px; depth '
                'must be registered to the image, of its size. Choose the depth that the driver '
                'aligns to the image.')

    @property
    def width(self) -> int:
        """Return the image width, px."""
        return int(self.image_rgb.shape[1])

    @property
    def height(self) -> int:
        """Return the image height, px."""
        return int(self.image_rgb.shape[0])
