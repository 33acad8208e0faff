# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the camera is in its map, and what the step to the next frame says."""

import numpy as np

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.pending_correction import PendingCorrection
from anycam_ros.frontend.geometric.estimation.matching import FlowPair
from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    correction_covariance,
    degeneracy_covariance,
    map_covariance,
    motion_covariance,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.mapping.map_scale import ScaleMemory
from anycam_ros.frontend.geometric.segmentation.motion_mask import MotionMask
from anycam_ros.frontend.motion_estimate import MotionEstimate, Status
from anycam_ros.frontend.reason import Reason
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    rescaled,
    so3_exp,
    so3xr3_log,
)


class CameraState:
    """Follow the camera from frame to frame, in the world of the current map."""

    def __init__(self, camera: ProcessingCamera) -> None:
        """Start with no image seen."""
        self._mask = MotionMask(camera)
        self.moving = self._mask.nothing()           # of the last frame that was found
        self.scale = ScaleMemory()
        self.pending_correction = PendingCorrection()
        self.last: TrackingResult | None = None            # against the newest reference
        self.T_camera_world: Array = np.eye(4)       # of the last frame that was found
        self._velocity: Array = np.zeros(6)          # of T_camera_world (linear, angular), per s
        self._seen_moving_s = 0.0                    # for which it was so
        self.stamp_s = 0.0                           # of that frame, or of the first reference
        self.reference_stamp_s = 0.0
        self._map: LocalMap | None = None
        self._age = 0                                # key frames since the map started

    def start_at(self, image: Image, stamp_s: float, pair: FlowPair | None) -> None:
        """Make an image the world; pair leads to it from the reference before, if there is one."""
        self.reference_stamp_s = self.stamp_s = stamp_s
        self.T_camera_world = np.eye(4)
        self.stop()
        self.last = None
        self._mask.new_reference(image, pair)

    def refer_to(self, local_map: LocalMap, tracking: TrackingResult) -> None:
        """Take the newest key frame, which the sighting has become, as the reference."""
        self.T_camera_world = local_map.T_camera_world[-1]
        self._age = self._age + 1 if local_map is self._map else 0
        self.last, self._map = None, local_map
        self._mask.new_reference(tracking.image, tracking.pair)

    def predicted(self, stamp_s: float) -> Array:
        """Return T_camera_world at a time to come, if the camera goes on for as long as it did."""
        seconds = min(stamp_s - self.stamp_s, self._seen_moving_s)
        linear, angular = (seconds * self._velocity).reshape(2, 3)
        return from_rotation_translation(so3_exp(angular), linear) \
            @ self.T_camera_world

    def stop(self) -> None:
        """Expect no motion: nothing is known of it."""
        self._velocity = np.zeros(6)

    def rescale(self, factor: float, tracking: TrackingResult) -> TrackingResult:
        """Multiply every length; return the newest sighting in the new unit."""
        self.pending_correction.rescale(factor)
        self.scale.rescale(factor)
        self._velocity[:3] *= factor
        self.T_camera_world = rescaled(self.T_camera_world, factor)
        # What it says of its errors is in the old unit.
        self.last = tracking._replace(T_camera_world=self.T_camera_world, error=None)
        return self.last

    def found(self, tracking: TrackingResult, stamp_s: float, status: Status, reason: Reason,
              local_map: LocalMap | None, focal: FocalState) -> MotionEstimate:
        """Move on to a frame whose pose is known, and say what it says."""
        T_previous_camera = self.T_camera_world @ inverse(tracking.T_camera_world)
        covariance = motion_covariance(tracking, self.last, T_previous_camera,
                                       focal.flow_variance)
        if local_map is not None:
            self.scale.remember(float(np.linalg.norm(T_previous_camera[:3, 3])),
                                stamp_s - self.stamp_s, local_map)
            if not local_map.is_metric:
                covariance += map_covariance(T_previous_camera, self._age)
            if local_map.is_degenerate:
                covariance += degeneracy_covariance(T_previous_camera, self._age,
                                                    self.scale.inverse_depth)
        uncertainty, self.moving = self._mask.update(tracking, local_map, focal.focal_px)
        T_corrected = self.pending_correction.apply(T_previous_camera, self.scale.inverse_depth)
        covariance += correction_covariance(T_previous_camera, T_corrected)
        self.T_camera_world, self.last = tracking.T_camera_world, tracking
        elapsed_s, self.stamp_s = stamp_s - self.stamp_s, stamp_s
        self._seen_moving_s = elapsed_s
        self._velocity = _velocity(inverse(T_previous_camera), elapsed_s)
        return MotionEstimate(
            status=status, reason=reason, T_previous_camera=T_corrected, elapsed_s=elapsed_s,
            covariance=covariance, uncertainty_px=uncertainty, motion_mask=self.moving,
            static_share=tracking.inlier_share)


def _velocity(T: Array, elapsed_s: float) -> Array:
    """Return a motion (linear, angular) per second; none for the first picture itself."""
    if elapsed_s == 0.0:
        return np.zeros(6)
    return so3xr3_log(T) / elapsed_s
