# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Key frames that have left the window, kept for when the camera returns to what they show."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dis import Image
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array, inverse

CAPACITY = 64                    # views; about 10 MB
POINTS = 250                     # per view, those whose depth is known best
MINIMUM_POINTS = 60
DEPTH_STD = 0.2            # relative, at most, for a matching error of 1 px
PROBES = 40                      # points that tell where a view has gone
RETURN_FLOW = 0.1                # of the longer side; what lies farther apart looks different
RETURN_SHARE = 0.7               # of the points that must be in the picture again
SAME_VIEW_FLOW = 0.04            # of the longer side; one view of a place is enough


class Keyframe(NamedTuple):
    """Hold an old key frame and the N points that it shows."""

    image: Image
    T_camera_world: Array        # (4, 4)
    points_px: Array             # (N, 2) centred
    inverse_depth: Array         # (N,) in this view
    information: Array           # (N,) of the inverse depth, for pixel noise of 1 px

    def points_in(self, T_camera_world: Array, focal_px: float) -> Array:
        """Return the points (N, 3) in another camera; those behind it are NaN."""
        T = T_camera_world @ inverse(self.T_camera_world)
        direction = rays(self.points_px, focal_px)
        points = direction @ T[:3, :3].T / self.inverse_depth[:, None] + T[:3, 3]
        points[points[:, 2] * self.inverse_depth < 0.05] = np.nan
        return np.asarray(points)


class KeyframeDatabase:
    """Hold a bounded number of views of one map, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._views: list[Keyframe] = []
        self._probes: list[Keyframe] = []

    def clear(self) -> None:
        """Forget every view: they belong to a map that is no more."""
        self._views.clear()
        self._probes.clear()

    def put(self, local_map: LocalMap) -> None:
        """Keep the oldest key frame of the window, if no view shows what it shows."""
        tracks = local_map.tracks
        certainty = tracks.information * tracks.inverse_depth ** 2
        rows = np.flatnonzero((tracks.first_frame == 0) & (tracks.weight[:, 0] > 0)
                              & (certainty > 1.0 / DEPTH_STD ** 2))
        if len(rows) < MINIMUM_POINTS:
            return
        T = local_map.T_camera_world[0]
        if (self._flows(T, local_map.focal_px) < SAME_VIEW_FLOW).any():
            return
        rows = rows[np.argsort(-certainty[rows], kind='stable')[:POINTS]]
        view = Keyframe(local_map.images[0], T.copy(), tracks.points_px[rows, 0],
                        tracks.inverse_depth[rows], tracks.information[rows])
        some = slice(None, None, -(-len(rows) // PROBES))
        self._views.append(view)
        self._probes.append(Keyframe(view.image, view.T_camera_world, view.points_px[some],
                                     view.inverse_depth[some], view.information[some]))
        del self._views[:-CAPACITY], self._probes[:-CAPACITY]

    def view_from(self, T_camera_world: Array, focal_px: float) -> Keyframe | None:
        """Return the oldest view that shows what a camera sees; None when there is none.

        The oldest has drifted least.
        """
        near = np.flatnonzero(self._flows(T_camera_world, focal_px) < RETURN_FLOW)
        return self._views[near[0]] if len(near) else None

    def _flows(self, T_camera_world: Array, focal_px: float) -> NDArray[np.float64]:
        """Return the median flow from each view to a camera, as a share of the longer side."""
        return np.array([median_flow(probe, T_camera_world, focal_px, probe.image.shape,
                                     RETURN_SHARE) for probe in self._probes])


def median_flow(view: Keyframe, T_camera_world: Array, focal_px: float, shape: tuple[int, ...],
                minimum_share: float) -> float:
    """Return the median flow from a view to a camera, as a share of the longer side.

    shape is that of the image, (height, width). The flow is infinite where less than
    minimum_share of the view's points are in the picture.
    """
    points = view.points_in(T_camera_world, focal_px)
    seen_px = focal_px * points[:, :2] / points[:, 2:]
    is_inside = (np.abs(seen_px) < np.array(shape[1::-1]) / 2).all(axis=1)
    if is_inside.mean() < minimum_share:
        return np.inf
    flow_px = np.linalg.norm(seen_px - view.points_px, axis=1)[is_inside]
    return float(np.median(flow_px)) / max(shape)
