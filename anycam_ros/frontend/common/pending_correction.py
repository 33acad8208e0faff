# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corrections of the past reach the output little by little, never as a jump (REP-105)."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    so3_exp,
    so3_log,
)


@dataclass(frozen=True)
class PendingCorrectionOptions:
    """Choose how fast a correction is applied."""

    applied_share: float = 0.2     # of what is pending, per frame: gone after half a second
    share_of_motion: float = 0.3   # and at most this much of the frame's own motion


DEFAULT = PendingCorrectionOptions()


class PendingCorrection:
    """Hold by how much refinement has moved the camera without the output following yet."""

    def __init__(self, options: PendingCorrectionOptions = DEFAULT) -> None:
        self._options = options
        self.forget()

    def forget(self) -> None:
        """Have nothing pending: what is left is as good as any other place."""
        self._T_pending: Array = np.eye(4)

    def rescale(self, factor: float) -> None:
        """Multiply every length."""
        self._T_pending[:3, 3] *= factor

    def add(self, T_camera_world_before: Array, T_camera_world_after: Array) -> None:
        """Take note that refinement moved the camera's pose."""
        self._T_pending = self._T_pending @ T_camera_world_before @ inverse(T_camera_world_after)

    def apply(self, T_previous_camera: Array, inverse_depth: float) -> Array:
        """Return the motion of a frame with a part of the pending correction in it.

        inverse_depth is that of the scene: a step of the length 1 / inverse_depth moves the
        image about as much as a turn of 1 rad.
        """
        turned = so3_log(T_previous_camera[:3, :3])
        moved_rad = float(np.linalg.norm(turned)
                          + inverse_depth * np.linalg.norm(T_previous_camera[:3, 3]))
        pending, pending_rad = self._T_pending[:3, 3], so3_log(self._T_pending[:3, :3])
        applied = from_rotation_translation(so3_exp(self._part(pending_rad, moved_rad)),
                                            self._part(pending, moved_rad / inverse_depth))
        # The rest is seen from the camera, which goes on meanwhile.
        self._T_pending = inverse(T_previous_camera) @ inverse(applied) @ self._T_pending \
            @ T_previous_camera
        return applied @ T_previous_camera

    def _part(self, pending: Array, motion: float) -> Array:
        """Return what of a pending length or angle (3,) is applied in a motion of a size."""
        size = float(np.linalg.norm(pending))
        return pending * min(self._options.applied_share,
                             self._options.share_of_motion * motion / max(size, 1e-12))
