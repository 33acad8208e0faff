# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The local map: all that is in its world and in its unit of length, under one owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
import math

import numpy as np
from numpy.typing import NDArray

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.frontend.common.log_scale import LogScaleFilter, LogScaleOptions
from anycam_ros.frontend.common.refined_trajectory import PastPose, RefinedTrajectory
from anycam_ros.frontend.geometric.estimation.matching import lies_in
from anycam_ros.frontend.geometric.estimation.pose_covariance import (
    CovarianceOptions,
    degeneracy_covariance,
    map_covariance,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.mapping.keyframe_database import (
    KeyframeDatabase,
    KeyframeDatabaseOptions,
)
from anycam_ros.frontend.geometric.mapping.local_bundle_adjustment import (
    adjust_bundle,
    LocalBundleAdjustmentOptions,
)
from anycam_ros.frontend.geometric.mapping.map_points import map_points, MapPointsOptions
from anycam_ros.frontend.geometric.mapping.map_scale import ScaleMemory, ScaleMemoryOptions
from anycam_ros.frontend.geometric.mapping.scale_drift import ScaleDrift, ScaleDriftOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.frontend.motion_estimate import ARBITRARY_UNIT, LengthUnit
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array, inverse


@dataclass(frozen=True)
class LocalMapOptions:
    """Gather the options of what the map is made of."""

    window: SlidingWindowOptions = field(default_factory=SlidingWindowOptions)
    bundle_adjustment: LocalBundleAdjustmentOptions = field(
        default_factory=LocalBundleAdjustmentOptions)
    keyframe_database: KeyframeDatabaseOptions = field(default_factory=KeyframeDatabaseOptions)
    points: MapPointsOptions = field(default_factory=MapPointsOptions)
    scale_memory: ScaleMemoryOptions = field(default_factory=ScaleMemoryOptions)
    scale_drift: ScaleDriftOptions = field(default_factory=ScaleDriftOptions)
    well_seen: int = 3                 # key frames that see a track whose depth holds the scale
    # Depth images agree with one another far better than speeds do, so that few suffice; a map
    # that has had depth needs more to be contradicted, since a sensor may err for a while.
    depth_scale: LogScaleOptions = field(default_factory=lambda: LogScaleOptions(
        first_samples=3, contradictions=20, maximum_spread=0.1, spread_is_range=True,
        student_dof=None, gate_std=2.0, tolerance=0.1))
    wrong_depth_px: float = 1.0        # noise of the first key frames of a map from depth, with
                                       # which the depth is refused; what is sound stays below 0.8


class LocalMap:
    """Own the sliding window, the old key frames, the refined trajectory and the unit of length.

    The window is empty while there is no map. The world and the unit go on over restarts of the
    map as well as can be; the trajectory is kept.
    """

    def __init__(self, camera: ProcessingCamera, focal_px: float, depth_noise: DepthNoise,
                 options: LocalMapOptions, covariance: CovarianceOptions) -> None:
        self._options, self._covariance = options, covariance
        self._depth_noise = depth_noise
        self.window = SlidingWindow(camera, focal_px, options.window)
        self.keyframe_database = KeyframeDatabase(options.keyframe_database)
        self.scale = LogScaleFilter(options.depth_scale)    # metres per unit, as depth tells
        self._trajectory = RefinedTrajectory()
        self._memory = ScaleMemory(options.scale_memory)
        self._later_key_frames = 0                          # after those that the map started with
        self._newest_s = 0.0                                # stamp of the newest key frame
        self._scale_drift = ScaleDrift(options.scale_drift)

    # What it says ----------------------------------------------------------------------------

    @property
    def unit(self) -> LengthUnit:
        """Return the unit of lengths: metres by depth, propagated metres, or an arbitrary one.

        Of the errors of depth the doubt is the one that all points share; without depth it grows.
        """
        if not self.scale.is_known:
            return ARBITRARY_UNIT
        return LengthUnit('depth' if self.window.is_metric else 'propagated',
                          math.sqrt(self._depth_noise.relative ** 2 + self.scale.std ** 2))

    @property
    def scene_inverse_depth(self) -> float:
        """Return the inverse depth of the scene (75 %: far points are many); 1 before a map."""
        return self._memory.inverse_depth

    @property
    def runs_away(self) -> bool:
        """Return whether nothing holds the scale of the map any more."""
        return self._scale_drift.runs_away or self._memory.runs_away

    def is_jump(self, distance: float, seconds: float) -> bool:
        """Return whether a step between two frames is far faster than the camera has been."""
        return self._memory.is_jump(distance, seconds)

    def points_from(self, T_camera_world: Array) -> Array:
        """Return the points (N, 3) of the map as a camera sees them, optical axes."""
        return map_points(self.window, T_camera_world, self._options.points)

    def trajectory_from(self, T_camera_world: Array) -> list[PastPose]:
        """Return the key frames so far, oldest first, as a camera sees them."""
        return self._trajectory.seen_from(T_camera_world, self.window.T_camera_world)

    def share_in(self, mask: NDArray[np.bool_]) -> float:
        """Return the share of the newest key frame's tracks that lie in a mask (H, W)."""
        inside = lies_in(mask, self.window.tracks.active_px)
        return float(inside.mean()) if len(inside) else 0.0

    def covariance_of(self, T_previous_camera: Array) -> Array:
        """Return the covariance (6, 6) that the errors of the map add to a motion."""
        covariance: Array = np.zeros((6, 6))
        if not self.window.is_metric:
            covariance += map_covariance(T_previous_camera, self._later_key_frames,
                                         self._covariance)
        if self.window.has_low_parallax:
            covariance += degeneracy_covariance(T_previous_camera, self._later_key_frames,
                                                self.scene_inverse_depth)
        return covariance

    # What changes it -------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """Take note of the time since the frame before: a scale that nothing holds drifts."""
        self.scale.hold(is_held=self.window.is_metric)
        if not self.window.is_metric:
            self.scale.drift(seconds)

    def change_world(self, T_new_old: Array) -> None:
        """Go over to another world, into which T_new_old takes points, while there is no map."""
        self._trajectory.change_world(T_new_old)

    def start(self, window: SlidingWindow, T_camera_world: Array,
              stamps_s: Sequence[float | None], *, is_metric: bool) -> None:
        """Go over to the world of a new window, whose newest key frame is the camera here.

        T_camera_world is its pose in the world up to now; stamps_s are those of the key frames,
        None for one that no output was made for. Without depth the window takes the unit of the
        map before.
        """
        if is_metric:
            self.scale.settle(0.0)
        else:
            first_s, last_s = stamps_s[0], stamps_s[-1]
            assert first_s is not None
            assert last_s is not None
            self._memory.apply(window, last_s - first_s)
            self.scale.propagate()
        self.keyframe_database.clear()
        self._trajectory.change_world(inverse(window.T_camera_world[-1]) @ T_camera_world)
        self._trajectory.start(stamps_s)
        self.window, self._later_key_frames = window, 0
        self._scale_drift.forget()

    def append_keyframe(self, tracking: TrackingResult, follows: NDArray[np.bool_],
                        stamp_s: float) -> None:
        """Make a tracked frame the newest key frame, on which those tracks go on that follow."""
        self.window.append_keyframe(tracking.image, tracking.T_camera_world,
                                    tracking.matches.target_px, tracking.matches.weight, follows)
        self._trajectory.add(stamp_s)
        self._later_key_frames += 1
        self._newest_s = stamp_s

    def refine(self, focal: FocalState, noise_px: float) -> None:
        """Refine the window by bundle adjustment; noise_px is the error of the newest matches.

        A later depth image is compared with the map, but the first one is the map: where it is
        wrong, the first key frames do not fit together, and its depths are forgotten.
        """
        threshold_px = self._options.bundle_adjustment.threshold_px(noise_px)
        is_from_depth = self.window.is_metric and not self.window.has_slid
        focal_before, depth_before = focal.copy(), self.window.tracks.inverse_depth
        holds_scale = np.count_nonzero(self.window.tracks.weight, axis=1) \
            >= self._options.well_seen
        result = self._adjust_bundle(focal, threshold_px)
        self._scale_drift.observe(self._newest_s, depth_before[holds_scale],
                                  self.window.tracks.inverse_depth[holds_scale])
        if is_from_depth and result > self._options.wrong_depth_px:
            self.window.tracks.forget_measurements()
            self.scale.forget()
            focal.become(focal_before)
            self._adjust_bundle(focal, threshold_px)

    def drop_oldest(self) -> None:
        """Let the oldest key frame leave the window."""
        self._trajectory.settle(self.window.T_camera_world[:1])
        self.window.drop_oldest()

    def give_up(self) -> None:
        """Have no map any more; its key frames stay in the trajectory as they are.

        The unit is that in which it ran, or where its scale ran away, the one before it did.
        Where there is no map nothing changes.
        """
        if len(self.window) and self.runs_away:
            self._memory.forget_newest()
        self._trajectory.settle(self.window.T_camera_world)
        self.window = SlidingWindow(self.window.camera, self.window.focal_px,
                                    self._options.window)

    def rescale(self, factor: float) -> None:
        """Go over to another unit of length: multiply every length there is."""
        self.window.rescale(factor)
        self.window.tracks.forget_measurements()      # they are in the unit that was thought
        self._trajectory.rescale(factor)
        self._memory.rescale(factor)
        self.scale.rescale(factor)
        # Old key frames are of a map that was never compared with the depth.
        self.keyframe_database.clear()

    def remember_motion(self, distance: float, seconds: float) -> None:
        """Take note of a motion between two frames, for the unit of the next map."""
        self._memory.remember(distance, seconds, self.window)

    def _adjust_bundle(self, focal: FocalState, threshold_px: float) -> float:
        """Refine the window once; return the noise of its matches, px."""
        return adjust_bundle(self.window, focal, threshold_px, self._options.bundle_adjustment,
                             self._covariance).noise_px
