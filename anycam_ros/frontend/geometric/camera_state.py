# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The state of the camera: its pose in the map, its motion, and its pending correction."""

import numpy as np

from anycam_ros.frontend.common.pending_correction import (
    PendingCorrection,
    PendingCorrectionOptions,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    rescaled,
    so3_exp,
    so3_log,
    so3xr3_log,
)


class CameraState:
    """Follow the camera from frame to frame, in the world of the current map.

    The motion model is a constant velocity, linear and angular.
    """

    def __init__(self, options: PendingCorrectionOptions) -> None:
        self._pending_correction = PendingCorrection(options)
        self.T_camera_world: Array = np.eye(4)             # of the last frame that was found
        self.stamp_s = 0.0                                 # of that frame, or of the reference
        self.reference_stamp_s = 0.0                       # of the first reference of the world
        self.tracking: TrackingResult | None = None        # of that frame; None: it is the
                                                           # reference itself
        self.noise: Array | None = None                    # of that frame's pose as it was found,
                                                           # (6, 6); None without a map
        self.unexplained_turn_rad2 = 0.0                   # squared turns since then, summed
        self._first_position_std: float | None = None      # since the reference
        self._velocity: Array = np.zeros(6)    # of T_camera_world (linear, angular), per s
        self._observed_s = 0.0                 # for which the velocity was seen

    def start_at(self, stamp_s: float) -> None:
        """Make the camera of a frame the world."""
        self.reference_stamp_s = self.stamp_s = stamp_s
        self.T_camera_world = np.eye(4)
        self.unexplained_turn_rad2 = 0.0
        self.tracking = self.noise = None
        self.stop()

    def refer_to(self, T_camera_world: Array) -> None:
        """Take it that the last frame has become the reference, with a refined pose."""
        self.T_camera_world = T_camera_world.copy()
        self.tracking = self._first_position_std = None

    def predicted(self, stamp_s: float) -> Array:
        """Return T_camera_world at a time to come, if the camera goes on for as long as it did."""
        seconds = min(stamp_s - self.stamp_s, self._observed_s)
        linear, angular = (seconds * self._velocity).reshape(2, 3)
        return from_rotation_translation(so3_exp(angular), linear) @ self.T_camera_world

    def motion_to(self, tracking: TrackingResult) -> Array:
        """Return the motion T_previous_camera (4, 4) to a frame whose pose is known."""
        return self.T_camera_world @ inverse(tracking.T_camera_world)

    @property
    def lost_accuracy(self) -> float:
        """Return the deviation of the position over that just after the reference."""
        return 1.0 if self.tracking is None or self._first_position_std is None \
            else self.tracking.position_std / self._first_position_std

    def move(self, tracking: TrackingResult, stamp_s: float,
             scene_inverse_depth: float) -> tuple[Array, float]:
        """Move on to a frame whose pose is known.

        Return the motion (4, 4) that comes out, with a part of the pending correction in it, and
        the seconds that it took.
        """
        T_previous_camera = self.motion_to(tracking)
        elapsed_s = stamp_s - self.stamp_s
        self.T_camera_world, self.stamp_s, self.tracking = \
            tracking.T_camera_world, stamp_s, tracking
        if self._first_position_std is None:
            self._first_position_std = tracking.position_std
        self._observed_s = elapsed_s
        self.unexplained_turn_rad2 += float((so3_log(T_previous_camera[:3, :3]) ** 2).sum())
        self._velocity = _velocity(inverse(T_previous_camera), elapsed_s)
        return self._pending_correction.apply(T_previous_camera, scene_inverse_depth), elapsed_s

    def stop(self) -> None:
        """Expect no motion: nothing is known of it."""
        self._velocity = np.zeros(6)

    def correct(self, T_camera_world_before: Array, T_camera_world_after: Array) -> None:
        """Take note that refinement moved the camera: the output follows little by little."""
        self._pending_correction.add(T_camera_world_before, T_camera_world_after)

    def forget_corrections(self) -> None:
        """Let the output stay where it is, as in a new world."""
        self._pending_correction.forget()

    def rescale(self, factor: float) -> None:
        """Go over to another unit of length: multiply every length there is."""
        self._pending_correction.rescale(factor)
        self._velocity[:3] *= factor
        self.T_camera_world = rescaled(self.T_camera_world, factor)
        if self.noise is not None:
            unit = np.repeat([factor, 1.0], 3)
            self.noise = self.noise * np.outer(unit, unit)
        if self.tracking is not None:
            # What it says of its errors is in the old unit.
            self.tracking = self.tracking._replace(T_camera_world=self.T_camera_world, error=None)


def _velocity(T: Array, elapsed_s: float) -> Array:
    """Return a motion (linear, angular) per second; none for the first image itself."""
    if elapsed_s == 0.0:
        return np.zeros(6)
    return so3xr3_log(T) / elapsed_s
