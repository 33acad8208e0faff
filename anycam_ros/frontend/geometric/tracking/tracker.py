# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One image against the newest key frame of the window."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matcher import Matcher
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points, PoseFit
from anycam_ros.frontend.geometric.estimation.pose_sensitivity import pose_sensitivity
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array, inverse


@dataclass(frozen=True)
class RobustPoseOptions:
    """Choose the robust thresholds of the two fits of a pose, a coarse and a fine one."""

    coarse_threshold_px: float = 4.0   # of Huber's kernel; half of the predictions are nearer
    fine_minimum_px: float = 1.0       # of Cauchy's kernel
    fine_noise_ratio: float = 1.5      # of its scale to the median error of the matches

    def fine_threshold_px(self, noise_px: float) -> float:
        """Return the robust threshold of the fine fit, for a median error of the matches."""
        return max(self.fine_minimum_px, self.fine_noise_ratio * noise_px)


@dataclass(frozen=True)
class TrackerOptions:
    """Choose when an image counts as tracked."""

    minimum_inliers: int = 25          # fewer fit too many poses
    inlier_share: float = 0.15         # of the tracks, at least: the rest may be hidden or move
    minimum_inlier_px: float = 3.0     # reprojection error that always counts as an inlier
    inlier_noise_ratio: float = 4.0    # of the largest error of an inlier to the median
    maximum_inlier: float = 0.02       # of the longer side; a map that is right misses by less
    # Of the depth that is expected of a track which one key frame shows: its deviation is stated
    # for matches that err by 1 px, and patches err by 0.3.
    fresh_depth_trust: float = 0.1
    pose: RobustPoseOptions = field(default_factory=RobustPoseOptions)


def track_frame(window: SlidingWindow, image: Image, pair: FlowPair, matcher: Matcher,
                *, T_starts: list[Array], options: TrackerOptions
                ) -> TrackingResult | TrackingFailure:
    """Return how the image relates to the newest key frame; a failure when too little fits.

    pair is the flow from that key frame. T_starts are camera poses (T_camera_world) to start
    from, that of the frame before first; the best fitting one is taken.
    """
    rows = window.tracks.active_rows
    matches = matcher.find(pair, window.images[-1], image, window.tracks.active_px)
    failure = TrackingFailure(float(matches.is_valid.mean()) if len(rows) else 0.0)
    if matches.is_valid.sum() < options.minimum_inliers:
        return failure
    T_world_anchor = inverse(window.T_camera_world)[window.tracks.first_frame[rows]]
    points = _points(window, rows, T_world_anchor, matches, options)
    starts = [fit_pose(points, window.focal_px, T, options.pose.coarse_threshold_px,
                       heavy_tailed=False, iterations=0) for T in T_starts]
    nearest = min(starts, key=lambda start: start.cost).T_camera_world
    fit, noise_px = robust_pose(points, window.focal_px, nearest, matches, options.pose)
    limit_px = min(options.inlier_noise_ratio * noise_px,
                   options.maximum_inlier * max(image.shape))
    is_inlier = matches.is_valid & (fit.residual_px < max(options.minimum_inlier_px, limit_px))
    if is_inlier.sum() < max(options.minimum_inliers, options.inlier_share * len(rows)):
        return failure
    sensitivity = pose_sensitivity(
        points, T_world_anchor[:, :3, :3], fit, window.focal_px,
        options.pose.fine_threshold_px(noise_px))
    return TrackingResult(
        image=image, pair=pair, matches=matches, residual_px=fit.residual_px,
        is_inlier=is_inlier, T_camera_world=fit.T_camera_world, information=fit.information,
        noise_px=noise_px, error=sensitivity, still_px=starts[0].residual_px)


def robust_pose(points: Points, focal_px: float, T_start: Array, matches: Matches,
                options: RobustPoseOptions) -> tuple[PoseFit, float]:
    """Return the pose and the median error of the matches, from a coarse and a fine fit.

    T_start (T_camera_world) is where the coarse fit starts.
    """
    coarse = fit_pose(points, focal_px, T_start, options.coarse_threshold_px, heavy_tailed=False)
    noise_px = float(np.median(coarse.residual_px[matches.is_valid]))
    fine = fit_pose(points, focal_px, coarse.T_camera_world, options.fine_threshold_px(noise_px),
                    heavy_tailed=True)
    return fine, float(np.median(fine.residual_px[matches.is_valid]))


def _points(window: SlidingWindow, rows: NDArray[np.int64], T_world_anchor: Array,
            matches: Matches, options: TrackerOptions) -> Points:
    tracks = window.tracks
    is_fresh = (tracks.first_frame[rows] == window.newest) \
        & (tracks.measured_information[rows] == 0)
    direction = rays(tracks.points_px[rows, 0], window.focal_px)
    return Points(ray=np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], direction),
                  centre=np.ascontiguousarray(T_world_anchor[:, :3, 3]),
                  inverse_depth=tracks.inverse_depth[rows],
                  information=np.where(is_fresh, options.fresh_depth_trust, 1.0)
                  * tracks.information[rows],
                  observed_px=window.camera.undistorted_px(matches.target_px),
                  weight=matches.weight * tracks.static[rows])
