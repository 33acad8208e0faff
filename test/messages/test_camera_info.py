# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo becomes the camera of the image that it belongs to."""

from types import SimpleNamespace
from typing import Any

import pytest

from anycam_ros.errors import FrameError
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.messages.camera_info import intrinsics_from_camera_info


def camera_info(**changes: Any) -> Any:  # noqa: ANN401
    region = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    fields = {'width': 640, 'height': 480, 'distortion_model': 'plumb_bob',
              'd': [0.1, -0.2, 0.001, 0.002, 0.3], 'k': [500, 0, 320, 0, 510, 240, 0, 0, 1],
              'binning_x': 0, 'binning_y': 0, 'roi': region}
    return SimpleNamespace(**{**fields, **changes})


def test_full_image() -> None:
    assert intrinsics_from_camera_info(camera_info()) == Intrinsics(
        640, 480, 500, 510, 320, 240, (0.1, -0.2, 0.001, 0.002, 0.3), 'plumb_bob')


def test_region_of_interest_and_binning() -> None:
    region = SimpleNamespace(x_offset=100, y_offset=40, width=400, height=320)
    camera = intrinsics_from_camera_info(camera_info(roi=region, binning_x=2, binning_y=4))
    assert camera is not None
    assert (camera.width, camera.height) == (200, 80)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (250, 127.5, 110, 50)


def test_zero_focal_length_means_uncalibrated() -> None:
    assert intrinsics_from_camera_info(camera_info(k=[0.0] * 9)) is None


def test_impossible_calibration_is_refused() -> None:
    with pytest.raises(FrameError, match=r'camera_info is unusable: .*fx=-500'):
        intrinsics_from_camera_info(camera_info(k=[-500, 0, 320, 0, 510, 240, 0, 0, 1]))
