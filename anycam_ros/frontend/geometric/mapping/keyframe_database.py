# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Key frames that have left the window, kept for when the camera returns to what they show."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.geometry.camera import rays
from anycam_ros.geometry.se3 import Array, inverse

MINIMUM_Z = 0.05                 # over the depth in the key frame; less is behind the camera


@dataclass(frozen=True)
class KeyframeDatabaseOptions:
    """Choose which key frames are kept, and when the camera has returned to one."""

    capacity: int = 64             # key frames; about 10 MB
    points: int = 250              # per key frame, those whose depth is known best
    minimum_points: int = 60       # fewer would not tell a pose
    depth_std: float = 0.2         # relative, at most, for a matching error of 1 px
    probes: int = 40               # points that tell where a key frame has gone
    return_flow: float = 0.1       # of the longer side; what lies farther apart looks different
    return_share: float = 0.7      # of the points that must be in the image again
    same_view_flow: float = 0.04   # of the longer side; one key frame of a place is enough


class Keyframe(NamedTuple):
    """Hold an old key frame and the N points that it shows."""

    image: Image
    T_camera_world: Array        # (4, 4)
    points_px: Array             # (N, 2) undistorted, from the principal point
    inverse_depth: Array         # (N,) in this key frame
    information: Array           # (N,) of the inverse depth, for pixel noise of 1 px

    def points_in(self, T_camera_world: Array, focal_px: float) -> Array:
        """Return the points (N, 3) in another camera; those behind it are NaN."""
        T = T_camera_world @ inverse(self.T_camera_world)
        direction = rays(self.points_px, focal_px)
        points = direction @ T[:3, :3].T / self.inverse_depth[:, None] + T[:3, 3]
        points[points[:, 2] * self.inverse_depth < MINIMUM_Z] = np.nan
        return np.asarray(points)

    def some_points(self, count: int) -> 'Keyframe':
        """Return the key frame with about so many of its points."""
        step = slice(None, None, -(-len(self.points_px) // count))
        return self._replace(points_px=self.points_px[step],
                             inverse_depth=self.inverse_depth[step],
                             information=self.information[step])


class KeyframeDatabase:
    """Hold a bounded number of key frames of one map, oldest first."""

    def __init__(self, options: KeyframeDatabaseOptions) -> None:
        self._options = options
        self._keyframes: list[Keyframe] = []
        self._probes: list[Keyframe] = []

    def clear(self) -> None:
        """Forget every key frame: they belong to a map that is no more."""
        self._keyframes.clear()
        self._probes.clear()

    def add_oldest_of(self, window: SlidingWindow) -> None:
        """Keep the oldest key frame of the window, if none shows yet what it shows."""
        tracks, options = window.tracks, self._options
        certainty = tracks.information * tracks.inverse_depth ** 2
        rows = np.flatnonzero((tracks.first_frame == 0) & (tracks.weight[:, 0] > 0)
                              & (certainty > 1.0 / options.depth_std ** 2))
        if len(rows) < options.minimum_points:
            return
        T = window.T_camera_world[0]
        if (self._flows(T, window.focal_px) < options.same_view_flow).any():
            return
        rows = rows[np.argsort(-certainty[rows], kind='stable')[:options.points]]
        keyframe = Keyframe(window.images[0], T.copy(), tracks.points_px[rows, 0],
                            tracks.inverse_depth[rows], tracks.information[rows])
        self._keyframes.append(keyframe)
        self._probes.append(keyframe.some_points(options.probes))
        del self._keyframes[:-options.capacity], self._probes[:-options.capacity]

    def seen_from(self, T_camera_world: Array, focal_px: float) -> Keyframe | None:
        """Return the oldest key frame that shows what a camera sees; None when there is none.

        The oldest has drifted least.
        """
        near = np.flatnonzero(self._flows(T_camera_world, focal_px) < self._options.return_flow)
        return self._keyframes[near[0]] if len(near) else None

    def _flows(self, T_camera_world: Array, focal_px: float) -> NDArray[np.float64]:
        """Return the median flow from each one to a camera, as a share of the longer side."""
        return np.array([median_flow(probe, T_camera_world, focal_px, probe.image.shape,
                                     self._options.return_share) for probe in self._probes])


def median_flow(keyframe: Keyframe, T_camera_world: Array, focal_px: float,
                shape: tuple[int, ...], minimum_share: float) -> float:
    """Return the median flow from a key frame to a camera, as a share of the longer side.

    shape is that of the image, (height, width). The flow is infinite where less than
    minimum_share of the key frame's points are in the image.
    """
    points = keyframe.points_in(T_camera_world, focal_px)
    seen_px = focal_px * points[:, :2] / points[:, 2:]
    is_inside = (np.abs(seen_px) < np.array(shape[1::-1]) / 2).all(axis=1)
    if is_inside.mean() < minimum_share:
        return np.inf
    flow_px = np.linalg.norm(seen_px - keyframe.points_px, axis=1)[is_inside]
    return float(np.median(flow_px)) / max(shape)
