# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The picture as a camera without distortion takes it: the network knows no other."""

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.geometry.se3 import Array
from anycam_ros.motion.anycam.network_images import Map
from anycam_ros.motion.geometric.working_camera import WorkingCamera


class Rectification:
    """Take images to those of a camera with square pixels and no distortion, and back.

    Focal length and principal point stay, so that little is cut off and nothing gets small.
    """

    def __init__(self, camera: WorkingCamera) -> None:
        """Compute where each pixel lies in the other image."""
        width, height = camera.intrinsics.width, camera.intrinsics.height
        centre_px = np.array([camera.intrinsics.cx, camera.intrinsics.cy])
        pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) \
            .reshape(-1, 2).astype(np.float64)
        self._raw = _maps(camera.pixels(pixels - centre_px), height, width)
        self._rectified = _maps(camera.centred(pixels) + centre_px, height, width)

    def picture(self, image: Image) -> Image:
        """Return a picture (H, W, 3) without the distortion."""
        return np.asarray(cv2.remap(image, *self._raw, cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def depth(self, depth_m: Map) -> Map:
        """Return depth (H, W) without the distortion; 0 where the raw image shows nothing."""
        # Nothing between a near and a far pixel is true of both, nor next to a hole.
        return np.asarray(cv2.remap(depth_m, *self._raw, cv2.INTER_NEAREST), np.float32)

    def back(self, image: Map) -> Map:
        """Return an image (H, W) of the camera without distortion as the raw camera sees it."""
        return np.asarray(cv2.remap(image, *self._rectified, cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE), np.float32)


def _maps(positions_px: Array, height: int, width: int) -> tuple[Map, Map]:
    """Return x and y (H, W) of positions (H * W, 2)."""
    x, y = (np.ascontiguousarray(axis.reshape(height, width), np.float32)
            for axis in positions_px.T)
    return x, y


def rectification_of(camera: WorkingCamera) -> Rectification | None:
    """Return what takes the distortion away; None where none is known."""
    is_distorted = camera.is_calibrated and any(camera.intrinsics.distortion)
    return Rectification(camera) if is_distorted else None
