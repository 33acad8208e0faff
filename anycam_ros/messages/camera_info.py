# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/CameraInfo to a camera, whoever deserialised the message."""

from collections.abc import Sequence
from typing import Protocol

from anycam_ros.errors import ConfigError, FrameError
from anycam_ros.geometry.camera import Intrinsics


class RegionOfInterest(Protocol):
    """The fields of sensor_msgs/RegionOfInterest that matter here."""

    x_offset: int
    y_offset: int
    width: int
    height: int


class CameraInfo(Protocol):
    """The fields of sensor_msgs/CameraInfo that matter here."""

    width: int
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    binning_x: int
    binning_y: int
    roi: RegionOfInterest


def intrinsics_from_camera_info(message: CameraInfo) -> Intrinsics | None:
    """Return the camera of the image that the message belongs to; None when uncalibrated.

    K is that of the full sensor; binning and region of interest make it that of the image.
    Raises FrameError for a calibration that no camera has.
    """
    if message.k[0] == 0.0:
        return None
    step_x, step_y = max(message.binning_x, 1), max(message.binning_y, 1)
    roi = message.roi
    try:
        return Intrinsics(
            width=(roi.width or message.width) // step_x,
            height=(roi.height or message.height) // step_y,
            fx=message.k[0] / step_x, fy=message.k[4] / step_y,
            cx=(message.k[2] - roi.x_offset) / step_x, cy=(message.k[5] - roi.y_offset) / step_y,
            distortion=tuple(message.d), distortion_model=message.distortion_model or 'plumb_bob')
    except ConfigError as error:
        raise FrameError(f'camera_info is unusable: {error}') from error
