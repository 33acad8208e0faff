# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The points of the map as the newest camera sees them."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array, inverse


@dataclass(frozen=True)
class MapPointsOptions:
    """Choose which points are known well enough to be shown."""

    depth_std: float = 0.1     # relative, at most, for a matching error of 1 px
    minimum_views: int = 3     # two views fit any depth along their epipolar line


def map_points(window: SlidingWindow, T_camera_world: Array, options: MapPointsOptions) -> Array:
    """Return the points (N, 3) in front of a camera whose depth is known, in its optical axes.

    The unit is that of the map. Where depth was measured, one view is enough.
    """
    tracks = window.tracks
    d = tracks.inverse_depth
    views = (tracks.weight > 0).sum(axis=1)
    rows = np.flatnonzero(
        (d > 0) & (tracks.information * d ** 2 > 1.0 / options.depth_std ** 2)
        & ((views >= options.minimum_views) | (tracks.measured_information > 0)))
    T_camera_anchor = (T_camera_world @ inverse(window.T_camera_world))[tracks.first_frame[rows]]
    in_anchor = rays(tracks.points_px[rows, 0], window.focal_px) / d[rows, None]
    points = np.einsum('nij,nj->ni', T_camera_anchor[:, :3, :3], in_anchor) \
        + T_camera_anchor[:, :3, 3]
    return np.asarray(points[points[:, 2] > 0])
