# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images as the camera that the network assumes would take them, for a calibrated camera."""

import cv2
import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array
from anycam_ros.networks.anycam.inputs.preprocessing import Map, middle_px

SLIGHT_PX = 1.0           # of the principal point: what is less is not worth blurring the picture
SLIGHT_RATIO = 0.003      # of fx to fy


class Rectification:
    """Take images to those of the camera that the network assumes, and back.

    That one has no distortion, square pixels, and its principal point in the middle: a point that
    is off by a hundredth of the focal length turns the direction of the motion by as much. The
    focal length stays, so that little is cut off and nothing gets small.
    """

    def __init__(self, camera: ProcessingCamera) -> None:
        """Compute where each pixel lies in the other image."""
        width, height = camera.intrinsics.width, camera.intrinsics.height
        centre_px = np.array(middle_px(width, height))
        pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) \
            .reshape(-1, 2).astype(np.float64)
        self._raw = _maps(camera.image_px(pixels - centre_px), height, width)
        self._rectified = _maps(camera.undistorted_px(pixels) + centre_px, height, width)

    def picture(self, image: Image) -> Image:
        """Return a picture (H, W, 3) of the raw camera as the other one takes it."""
        return np.asarray(cv2.remap(image, *self._raw, cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def depth(self, depth_m: Map) -> Map:
        """Return depth (H, W) likewise; 0 where the raw image shows nothing."""
        # Nothing between a near and a far pixel is true of both, nor next to a hole.
        return np.asarray(cv2.remap(depth_m, *self._raw, cv2.INTER_NEAREST), np.float32)

    def back(self, image: Map) -> Map:
        """Return an image (H, W) of the other camera as the raw one sees it."""
        return np.asarray(cv2.remap(image, *self._rectified, cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE), np.float32)


def _maps(positions_px: Array, height: int, width: int) -> tuple[Map, Map]:
    """Return x and y (H, W) of positions (H * W, 2)."""
    x, y = (np.ascontiguousarray(axis.reshape(height, width), np.float32)
            for axis in positions_px.T)
    return x, y


def rectification_of(camera: ProcessingCamera) -> Rectification | None:
    """Return the rectification of a calibrated camera; None where it needs none."""
    known = camera.intrinsics
    middle = middle_px(known.width, known.height)
    is_slight = np.hypot(known.cx - middle[0], known.cy - middle[1]) < SLIGHT_PX \
        and abs(camera.aspect - 1) < SLIGHT_RATIO and not any(known.distortion)
    return None if is_slight or not camera.is_calibrated else Rectification(camera)
