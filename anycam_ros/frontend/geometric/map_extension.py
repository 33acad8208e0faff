# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracked frame adds: its mask, depths, and a key frame where it shows new things."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.frontend.common.stage_timer import REFINE, StageTimer, UNCERTAINTY
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.depth_prior import DepthPrior
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.geometric.segmentation.motion_mask import MotionMask
from anycam_ros.frontend.geometric.tracking.keyframe_insertion import insert_keyframe
from anycam_ros.frontend.geometric.tracking.keyframe_selection import needs_key_frame
from anycam_ros.frontend.motion_estimate import RestOfEstimate


@dataclass(kw_only=True)
class MapExtension:
    """Extend the map by tracked frames; no pose waits for it but that of the next frame."""

    local_map: LocalMap
    camera_state: CameraState
    depth: DepthPrior
    focal: FocalState
    motion_mask: MotionMask
    options: GeometricOptions
    refines: bool

    def extend(self, tracking: TrackingResult, timer: StageTimer, *,
               is_stationary: bool) -> RestOfEstimate:
        """See what moves in a tracked frame; make it a key frame where it shows new things."""
        window = self.local_map.window
        with timer.stage(UNCERTAINTY):
            uncertainty_px = self.motion_mask.update(tracking, window, window.focal_px)
            static = self.motion_mask.static_at(tracking.matches.target_px)
        if static is not None:
            window.tracks.expect(window.tracks.active_rows, static)
        motion_mask = self.motion_mask.newest
        with timer.stage(REFINE):
            tracking = self._examine_depth(tracking)
            # A stationary camera's key frame shows nothing new, whoever hides the tracks.
            is_key_frame = not is_stationary and needs_key_frame(
                tracking, self.local_map.window.tracks.active_px,
                self.options.keyframe_selection, lost_accuracy=self.camera_state.lost_accuracy,
                awaits_depth=self.depth.is_awaited and self.local_map.scale.is_known)
            if is_key_frame:
                self.insert_key_frame(tracking)
                self.depth.measure_newest(self.local_map)
        return RestOfEstimate(uncertainty_px, motion_mask, self.motion_mask.source, is_key_frame,
                              timer.timings_ms)

    def insert_key_frame(self, tracking: TrackingResult) -> None:
        """Make a tracked frame the newest key frame and refine the window."""
        insert_keyframe(self.local_map, tracking, self.camera_state.stamp_s, self.focal,
                        self.motion_mask, self.options, refines=self.refines)
        if self.refines:
            self.camera_state.correct(tracking.T_camera_world,
                                      self.local_map.window.T_camera_world[-1])
        self.refer_to_key_frame()

    def refer_to_key_frame(self) -> None:
        """Go on from the newest key frame, which the newest tracked image has become."""
        self.camera_state.refer_to(self.local_map.window.T_camera_world[-1])
        self.motion_mask.new_reference(is_newest=True)

    def _examine_depth(self, tracking: TrackingResult) -> TrackingResult:
        """Measure tracks in the depth image; go over to metres once it shows what they are."""
        self.depth.examine(self.local_map, tracking)
        factor = float(np.exp(self.local_map.scale.mean))
        if factor == 1.0:
            return tracking
        self.local_map.rescale(factor)
        self.camera_state.rescale(factor)
        return self.camera_state.tracking or tracking
