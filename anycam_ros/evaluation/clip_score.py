# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All figures of one run of the odometry over a clip."""

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import FrameError
from anycam_ros.evaluation.clip import Clip
from anycam_ros.evaluation.mask_score import RegionSimilarity
from anycam_ros.evaluation.metrics import absolute_error, associate
from anycam_ros.evaluation.trajectory_score import (
    MatchedPoses,
    path_length,
    score_trajectory,
    TrajectoryScore,
)
from anycam_ros.odometry import (
    OdometryConfig,
    OdometryEstimate,
    TrackingState,
    VisualOdometry,
)

Array = NDArray[np.float64]

POSITIONED = (TrackingState.TRACKING, TrackingState.DEGRADED)    # else only the rotation is known
FOCAL_STDS = 2.0     # that the truth may be away: 95 % of a normal distribution


class ClipScore(NamedTuple):
    """Hold the figures; NaN where there is no truth."""

    trajectory: TrajectoryScore
    metric_error_m: float       # RMSE after SE(3) alignment; NaN where lengths are not metric
    path_length: float          # of the estimate, in its own unit
    tracking_share: float       # of the frames with an estimate
    frames_to_tracking: float   # before the first that is TRACKING; infinite when there is none
    lost_frames: int
    mask_similarity: float      # J
    masked_share: float         # of the pictures with a pose
    focal_error: float          # relative, signed, at the end
    focal_std: float            # relative; infinite while unobserved
    focal_source: str
    frames_per_second: float    # of VisualOdometry.process alone
    cpu_ms: float               # per frame of it, user and system, of all threads

    @property
    def focal_is_covered(self) -> bool:
        """Return whether the true focal length is within two of the stated deviations."""
        return bool(abs(self.focal_error) <= FOCAL_STDS * self.focal_std * (1 + self.focal_error))


class _Run:
    """Hold what the odometry said, frame by frame."""

    def __init__(self) -> None:
        self.frames: list[int] = []                # that have a pose
        self.stamps_s: list[float] = []
        self.poses: list[Array] = []
        self.positioned: list[bool] = []
        self.states: list[TrackingState] = []      # of each frame from the second on
        self.masks = RegionSimilarity()
        self.masked_shares: list[float] = []
        self.elapsed_s = self.cpu_s = 0.0
        self.last: OdometryEstimate | None = None

    def add(self, index: int, estimate: OdometryEstimate) -> None:
        """Add the estimate for a frame."""
        self.last = estimate
        self.states.append(estimate.status)
        if estimate.status is not TrackingState.LOST:
            self.frames.append(index)
            self.stamps_s.append(estimate.stamp_s)
            self.poses.append(estimate.T_odom_camera)
            self.positioned.append(estimate.status in POSITIONED)
            if estimate.what_moves is not None:
                self.masked_shares.append(float((estimate.what_moves.motion_mask > 0).mean()))


def score_clip(clip: Clip, config: OdometryConfig) -> ClipScore:
    """Return the figures of the odometry over a clip; a frame that it refuses counts as LOST."""
    run = _run(clip, config)
    poses = _match(clip, run)
    metric_error_m = np.nan
    if run.last is not None and run.last.scale_source != 'none' and len(poses.frames) > 2:
        metric_error_m = absolute_error(poses.T_estimated[:, :3, 3], poses.T_true[:, :3, 3],
                                        has_scale=False)
    good = np.array(run.states) == TrackingState.TRACKING
    focal_px = np.nan if run.last is None else run.last.intrinsics.fx
    return ClipScore(
        trajectory=score_trajectory(poses, clip.frame_step), metric_error_m=metric_error_m,
        path_length=path_length(np.array(run.poses).reshape(-1, 4, 4)[:, :3, 3]),
        tracking_share=float(good.mean()) if len(good) else np.nan,
        frames_to_tracking=float(1 + np.argmax(good)) if good.any() else np.inf,
        lost_frames=run.states.count(TrackingState.LOST), mask_similarity=run.masks.value,
        masked_share=float(np.mean(run.masked_shares)) if run.masked_shares else np.nan,
        focal_error=focal_px / clip.focal_px - 1,
        focal_std=np.nan if run.last is None else run.last.focal_std_px / focal_px,
        focal_source='' if run.last is None else run.last.focal_source,
        frames_per_second=len(clip.frames) / run.elapsed_s if run.elapsed_s else np.nan,
        cpu_ms=1e3 * run.cpu_s / max(len(clip.frames), 1))


def _run(clip: Clip, config: OdometryConfig) -> _Run:
    odometry, run = VisualOdometry(config), _Run()
    for index, clip_frame in enumerate(clip.frames):
        estimate = None
        try:
            frame = clip_frame.load()
            begun_s, cpu_begun_s = time.perf_counter(), time.process_time()
            estimate = odometry.process(frame)
            run.elapsed_s += time.perf_counter() - begun_s
            run.cpu_s += time.process_time() - cpu_begun_s
        except FrameError:
            run.states.append(TrackingState.LOST)
        if estimate is not None:
            run.add(index, estimate)
        if clip_frame.load_moving is not None:
            mask = None if estimate is None else estimate.motion_mask
            run.masks.add(None if mask is None else mask > 0, clip_frame.load_moving())
    return run


def _match(clip: Clip, run: _Run) -> MatchedPoses:
    """Return the poses that have a truth at their time."""
    frames, poses = np.array(run.frames, np.intp), np.array(run.poses).reshape(-1, 4, 4)
    positioned = np.array(run.positioned, np.bool_)
    if clip.truth is None or not len(frames):
        return MatchedPoses(frames[:0], poses[:0], poses[:0], positioned[:0])
    own, theirs = associate(np.array(run.stamps_s), clip.truth.stamps_s)
    return MatchedPoses(frames[own], poses[own], clip.truth.T_world_camera[theirs],
                        positioned[own])
