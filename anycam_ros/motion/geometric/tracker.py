# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One image against the newest key frame of the window."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import DenseFlow, Image
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.motion.geometric.matching import flow_both_ways, FlowPair, follow, Matches
from anycam_ros.motion.geometric.pose import fit_pose, Points, PoseFit
from anycam_ros.motion.geometric.pose_error import pose_error
from anycam_ros.motion.geometric.sighting import Miss, Sighting
from anycam_ros.motion.geometric.two_view import rays
from anycam_ros.motion.geometric.window import KeyFrameWindow

MINIMUM_INLIERS = 25
MINIMUM_INLIER_SHARE = 0.15
COARSE_DELTA_PX = 4.0


def sight(flow: DenseFlow, window: KeyFrameWindow, image: Image, start: FlowPair | None,
          T_starts: list[Array]) -> Sighting | Miss:
    """Return how the image relates to the newest key frame; a Miss when too little fits.

    T_starts are camera poses (T_camera_world) to start from; the best fitting one is taken.
    """
    pair = flow_both_ways(flow, window.images[-1], image, start)
    rows = window.tracks.active_rows
    matches = follow(pair, window.tracks.active_px)
    miss = Miss(float(matches.is_valid.mean()) if len(rows) else 0.0)
    if matches.is_valid.sum() < MINIMUM_INLIERS:
        return miss
    T_world_anchor = inverse(np.stack(window.T_camera_world))[window.tracks.first_frame[rows]]
    points = _points(window, rows, T_world_anchor, matches)
    fit, noise_px = robust_pose(points, window.focal_px, T_starts, matches)
    is_inlier = matches.is_valid & (fit.residual_px < max(3.0, 4.0 * noise_px))
    if is_inlier.sum() < max(MINIMUM_INLIERS, MINIMUM_INLIER_SHARE * len(rows)):
        return miss
    error = pose_error(points, np.ascontiguousarray(T_world_anchor[:, :3, 2]), fit,
                       window.focal_px, fine_delta_px(noise_px))
    return Sighting(image, pair, matches, is_inlier, fit.T_camera_world, fit.information,
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


def _points(window: KeyFrameWindow, rows: NDArray[np.int64], T_world_anchor: Array,
            matches: Matches) -> Points:
    tracks = window.tracks
    direction = rays(tracks.points_px[rows, 0], window.focal_px)
    return Points(np.einsum('nij,nj->ni', T_world_anchor[:, :3, :3], direction),
                  np.ascontiguousarray(T_world_anchor[:, :3, 3]), tracks.inverse_depth[rows],
                  tracks.information[rows], window.camera.centred(matches.target_px),
                  matches.weight)
