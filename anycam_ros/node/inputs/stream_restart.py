# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a frame continues the stream of the previous one, or restarts it."""

import numpy as np

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry import Frame

CLOCK_JUMP_S = 1.0
"""A stamp that is earlier by more than this comes from a clock set back, not from a late frame."""
CALIBRATION_CHANGE = 0.01
"""Of the focal length, or a distortion coefficient: some drivers publish small fluctuations."""


def restart_reason(previous: Frame, frame: Frame, used: Intrinsics | None = None) -> str:
    """Return why the frame does not continue the stream of the previous one; empty if it does.

    used is the calibration that the stream began with, where one is given.
    """
    if (frame.width, frame.height) != (previous.width, previous.height):
        return (f'the image size changed from {previous.width}x{previous.height} to '
                f'{frame.width}x{frame.height}')
    back_s = previous.stamp_s - frame.stamp_s
    if back_s > CLOCK_JUMP_S:
        return f'the stamps jumped back by {back_s:.3f} s'
    if used is not None and frame.intrinsics is not None and _differ(used, frame.intrinsics):
        return f'camera_info changed from {_described(used)} to {_described(frame.intrinsics)}'
    return ''


def _differ(one: Intrinsics, other: Intrinsics) -> bool:
    if (one.distortion_model, len(one.distortion)) \
            != (other.distortion_model, len(other.distortion)):
        return True
    pinholes = [np.array([camera.fx, camera.fy, camera.cx, camera.cy]) for camera in (one, other)]
    distortions = [np.array(camera.distortion) for camera in (one, other)]
    return bool(np.abs(pinholes[0] - pinholes[1]).max() > CALIBRATION_CHANGE * one.fx
                or np.abs(distortions[0] - distortions[1]).max(initial=0.0) > CALIBRATION_CHANGE)


def _described(camera: Intrinsics) -> str:
    distortion = ', '.join(f'{value:g}' for value in camera.distortion)
    return (f'fx {camera.fx:g} fy {camera.fy:g} cx {camera.cx:g} cy {camera.cy:g} px '
            f'{camera.distortion_model} ({distortion})')
