# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corrections of the past reach the output little by little, never as a jump (REP-105)."""

import numpy as np

from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    rotation_from_vector,
    vector_from_rotation,
)

PAID_SHARE = 0.2                 # of what is owed, per frame
SHARE_OF_MOTION = 0.3            # and at most this much of the frame's own motion


class CorrectionDebt:
    """Hold by how much refinement has moved the camera without the output following yet."""

    def __init__(self) -> None:
        """Owe nothing."""
        self.forget()

    def forget(self) -> None:
        """Owe nothing: what is left is as good as any other place."""
        self._T_owed: Array = np.eye(4)

    def rescale(self, factor: float) -> None:
        """Multiply every length."""
        self._T_owed[:3, 3] *= factor

    def owe(self, T_camera_world_before: Array, T_camera_world_after: Array) -> None:
        """Take note that refinement moved the camera's pose."""
        self._T_owed = self._T_owed @ T_camera_world_before @ inverse(T_camera_world_after)

    def pay(self, T_previous_camera: Array, inverse_depth: float) -> Array:
        """Return the motion of a frame with a part of the debt in it.

        inverse_depth is that of the scene: a step of the length 1 / inverse_depth moves the
        picture about as much as a turn of 1 rad.
        """
        turned = vector_from_rotation(T_previous_camera[:3, :3])
        moved_rad = float(np.linalg.norm(turned)
                          + inverse_depth * np.linalg.norm(T_previous_camera[:3, 3]))
        owed, owed_rad = self._T_owed[:3, 3], vector_from_rotation(self._T_owed[:3, :3])
        paid = from_rotation_translation(rotation_from_vector(_part(owed_rad, moved_rad)),
                                         _part(owed, moved_rad / inverse_depth))
        # What is owed is seen from the camera, which goes on meanwhile.
        self._T_owed = inverse(T_previous_camera) @ inverse(paid) @ self._T_owed \
            @ T_previous_camera
        return paid @ T_previous_camera


def _part(owed: Array, motion: float) -> Array:
    size = float(np.linalg.norm(owed))
    return owed * min(PAID_SHARE, SHARE_OF_MOTION * motion / max(size, 1e-12))
