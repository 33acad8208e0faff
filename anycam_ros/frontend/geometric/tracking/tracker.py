# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One image against the newest key frame of the window."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.frontend.geometric.estimation.matching import (
    flow_both_ways,
    FlowPair,
    follow,
    Matches,
)
from anycam_ros.frontend.geometric.estimation.pose_estimation import fit_pose, Points, PoseFit
from anycam_ros.frontend.geometric.estimation.pose_sensitivity import pose_sensitivity
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array, inverse

MINIMUM_INLIERS = 25
MINIMUM_INLIER_SHARE = 0.15
COARSE_DELTA_PX = 4.0


def track_frame(flow: DenseFlow, local_map: LocalMap, image: Image, start: FlowPair | None,
                T_starts: list[Array]) -> TrackingResult | TrackingFailure:
    """Return how the image relates to the newest key frame; a Miss when too little fits.

    T_starts are camera poses (T_camera_world) to start from; the best fitting one is taken.
    """
    pair = flow_both_ways(flow, local_map.images[-1], image, start)
    rows = local_map.tracks.active_rows
    matches = follow(pair, local_map.tracks.active_px)
    failure = TrackingFailure(float(matches.is_valid.mean()) if len(rows) else 0.0)
    if matches.is_valid.sum() < MINIMUM_INLIERS:
        return failure
    T_world_key = inverse(np.stack(local_map.T_camera_world))
    T_world_anchor = T_world_key[local_map.tracks.first_frame[rows]]
    points = _points(local_map, rows, T_world_anchor, matches)
    fit, noise_px = robust_pose(points, local_map.focal_px, T_starts, matches)
    is_inlier = matches.is_valid & (fit.residual_px < max(3.0, 4.0 * noise_px))
    if is_inlier.sum() < max(MINIMUM_INLIERS, MINIMUM_INLIER_SHARE * len(rows)):
        return failure
    error = pose_sensitivity(points, np.ascontiguousarray(T_world_anchor[:, :3, 2]), fit,
                             local_map.focal_px, fine_delta_px(noise_px))
    return TrackingResult(image, pair, matches, is_inlier, fit.T_camera_world, fit.information,
                          noise_px, error)


def robust_pose(points: Points, focal_px: float, T_starts: list[Array],
                matches: Matches) -> tuple[PoseFit, float]:
    """Return the pose and the median error of the matches, from a coarse and a fine fit.

    The best fitting of T_starts (T_camera_world) is where the coarse fit starts.
    """
    coarse = min((fit_pose(points, focal_px, T, COARSE_DELTA_PX, heavy_tailed=False, iterations=0)
                  for T in T_starts), key=lambda fit: fit.cost)
    coarse = fit_pose(points, focal_px, coarse.T_camera_world, COARSE_DELTA_PX,
                      heavy_tailed=False)
    noise_px = float(np.median(coarse.residual_px[matches.is_valid]))
    fine = fit_pose(points, focal_px, coarse.T_camera_world, fine_delta_px(noise_px),
                    heavy_tailed=True)
    return fine, float(np.median(fine.residual_px[matches.is_valid]))


def fine_delta_px(noise_px: float) -> float:
    """Return where the kernel of the fine fit turns, for a median error of the matches."""
    return max(1.0, 1.5 * noise_px)


def _points(local_map: LocalMap, rows: NDArray[np.int64], T_world_anchor: Array,
            matches: Matches) -> Points:
    tracks = local_map.tracks
    direction = rays(tracks.points_px[rows, 0], local_map.focal_px)
    return Points(np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], direction),
                  np.ascontiguousarray(T_world_anchor[:, :3, 3]), tracks.inverse_depth[rows],
                  tracks.information[rows], local_map.camera.centred(matches.target_px),
                  matches.weight)
