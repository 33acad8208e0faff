# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A rendered clip with known camera path, lens, depth and moving pixels."""

from anycam_ros.simulation.rendered_scene.camera_paths import (
    camera_pose,
    CameraPath,
    hand_held,
    standing,
    straight,
    turning,
)
from anycam_ros.simulation.rendered_scene.scene import RenderedFrame, RenderedScene

__all__ = ['CameraPath', 'RenderedFrame', 'RenderedScene', 'camera_pose', 'hand_held', 'standing',
           'straight', 'turning']
