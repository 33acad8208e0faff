# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS messages to arrays and intrinsics, and back."""

from builtin_interfaces.msg import Time as TimeMessage
import cv2
from cv_bridge import CvBridge
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from anycam_ros.errors import FrameError
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.messages.depth import decompress_depth_m, Depth, to_depth_m
from anycam_ros.messages.image import decompress_rgb, to_rgb

_BRIDGE = CvBridge()
NANOSECONDS = 1_000_000_000
NO_DISTORTION = (0.0,) * 5


def stamp_ns(header: Header) -> int:
    """Return the stamp of the header, ns."""
    return int(header.stamp.sec * NANOSECONDS + header.stamp.nanosec)


def stamp_message(stamp_s: float) -> TimeMessage:
    """Return seconds as a stamp; a float of today's seconds is exact to a microsecond."""
    seconds, microseconds = divmod(round(1e6 * stamp_s), 1_000_000)
    return TimeMessage(sec=seconds, nanosec=1000 * microseconds)


def image_to_rgb(message: Image | CompressedImage) -> NDArray[np.uint8]:
    """Return the image as (H, W, 3) uint8 RGB; for rgb8 without padding a view of the message.

    Not by way of cv_bridge: it copies each image once more, and offline reading has no cv_bridge
    but must see the same pixels. Raises FrameError for what is no image.
    """
    try:
        if isinstance(message, CompressedImage):
            return decompress_rgb(message.data)
        return to_rgb(message.data, message.encoding, message.height, message.width, message.step,
                      bool(message.is_bigendian))
    except cv2.error as error:
        raise FrameError(f'image cannot be converted: {error}. Look at the camera driver.') \
            from error


def image_to_depth_m(message: Image | CompressedImage) -> Depth:
    """Return the depth image as (H, W), metres. Raises FrameError for what is no depth image."""
    if isinstance(message, CompressedImage):
        return decompress_depth_m(message.data, message.format)
    return to_depth_m(message.data, message.encoding, message.height, message.width, message.step,
                      bool(message.is_bigendian))


def array_to_image(header: Header, pixels: NDArray[np.uint8] | NDArray[np.float32],
                   encoding: str) -> Image:
    """Return (H, W) pixels as a message of the encoding, which must match their type."""
    # Passthrough leaves out the compiled part of cv_bridge, which is bound to one NumPy ABI.
    message: Image = _BRIDGE.cv2_to_imgmsg(pixels, 'passthrough', header)
    message.encoding = encoding
    return message


def camera_info_from_intrinsics(header: Header, intrinsics: Intrinsics) -> CameraInfo:
    """Return the CameraInfo of a single camera (R = I, P = [K|0]) for the raw image."""
    projection = np.zeros((3, 4))
    projection[:, :3] = intrinsics.matrix
    return CameraInfo(
        header=header, height=intrinsics.height, width=intrinsics.width,
        distortion_model=intrinsics.distortion_model if intrinsics.distortion else 'plumb_bob',
        d=intrinsics.distortion or NO_DISTORTION,
        k=intrinsics.matrix.ravel(), r=np.eye(3).ravel(), p=projection.ravel())
