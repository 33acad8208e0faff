# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sliding window: the last key frames and the tracks that tie them together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.geometric.mapping.track_table import NewTracks, TrackTable
from anycam_ros.geometry.camera import ProcessingCamera, rays
from anycam_ros.geometry.se3 import Array, inverse

SCENE_PERCENTILE = 75.0    # of inverse depths: half of the points may be too far for any depth
MINIMUM_Z = 0.05                 # of a point with z = 1 in its anchor camera; less is behind


@dataclass(frozen=True)
class SlidingWindowOptions:
    """Choose how long the window is, and what a track keeps when its first key frame leaves."""

    length: int = 8                    # key frames; more cost time and gain little
    first_depth_ratio_std: float = 5.0     # of a first inverse depth: as good as unknown
    first_depth_floor_std: float = 0.3     # of it, in the unit of the map, besides
    reanchor_error_px: float = 3.0     # a track whose next observation is farther off ends
    reanchor_trust: float = 0.25       # of a depth's information that moves to its new anchor
    reanchor_ratio_std: float = 0.03   # and at most what this error of the depth leaves
    reanchor_floor_std: float = 0.003      # of that of the scene, besides
    minimum_measured: int = 50         # tracks with a measured depth that hold the map in metres


class SlidingWindow:
    """Hold up to `length` key frames and the tracks between them.

    The world is any; the first key frame of a new window is its origin.
    """

    def __init__(self, camera: ProcessingCamera, focal_px: float,
                 options: SlidingWindowOptions) -> None:
        """Take the camera of the working images and its focal length as far as it is known."""
        self.camera = camera
        self.focal_px = focal_px
        self.options = options
        self.has_slid = False
        self.key_frames_since_focal = 0   # since the window was asked for the focal length
        self.has_low_parallax = False     # steps in it may be turns, and turns steps
        self.T_camera_world: Array = np.zeros((0, 4, 4))
        self.images: list[NDArray[np.uint8]] = []
        self.tracks = TrackTable(options.length)

    def __len__(self) -> int:
        """Return the number of key frames."""
        return len(self.T_camera_world)

    @property
    def newest(self) -> int:
        """Return the index of the newest key frame."""
        return len(self) - 1

    @property
    def is_full(self) -> bool:
        """Return whether the oldest key frame must go before the next one comes."""
        return len(self) == self.options.length

    @property
    def is_metric(self) -> bool:
        """Return whether measured depths hold the scale of the map."""
        measured = int((self.tracks.measured_information > 0).sum())
        return measured >= self.options.minimum_measured

    def start(self, image: NDArray[np.uint8], image_px: Array, inverse_depth: Array) -> None:
        """Make the first key frame, at the origin of the world, with tracks at image_px (N, 2)."""
        self._append_pose(np.eye(4), image)
        std = self.options.first_depth_ratio_std * inverse_depth
        information = 1.0 / (std ** 2 + self.options.first_depth_floor_std ** 2)
        self.tracks.append(0, NewTracks(image_px, self.camera.undistorted_px(image_px),
                                        inverse_depth, information))

    def append_keyframe(self, image: NDArray[np.uint8], T_camera_world: Array, target_px: Array,
                        weight: Array, follows: NDArray[np.bool_]) -> None:
        """Append a key frame with where it shows the active tracks; the others end."""
        tracks, rows = self.tracks, self.tracks.active_rows[follows]
        self._append_pose(T_camera_world, image)
        tracks.is_active[:] = False
        tracks.is_active[rows] = True
        tracks.key_px[rows] = target_px[follows]
        tracks.observe(self.newest, rows, self.camera.undistorted_px(target_px[follows]),
                       weight[follows])

    def rescale(self, factor: float) -> None:
        """Multiply every length in the window."""
        scaled = self.T_camera_world.copy()
        scaled[:, :3, 3] *= factor
        self.T_camera_world = scaled
        self.tracks.rescale(factor)

    def move_newest_to(self, T_camera_world: Array) -> None:
        """Move all key frames together so that the newest has the pose."""
        T_before_after = inverse(self.T_camera_world[-1]) @ T_camera_world
        self.T_camera_world = self.T_camera_world @ T_before_after

    def drop_oldest(self) -> None:
        """Forget the oldest key frame; its tracks go on from their next observation."""
        tracks = self.tracks
        anchored = tracks.first_frame == 0
        goes_on = ~anchored | (tracks.weight[:, 1] > 0)
        moved = np.flatnonzero(anchored & goes_on)
        if len(moved):
            goes_on[moved[~self._reanchor(moved)]] = False
        tracks.first_frame = np.where(anchored, 0, tracks.first_frame - 1)
        tracks.keep(goes_on)
        self.T_camera_world = self.T_camera_world[1:].copy()
        del self.images[0]
        self.has_slid = True

    def inverse_depths_in_newest(self) -> Array:
        """Return the inverse depths of the active tracks as the newest key frame sees them."""
        tracks = self.tracks
        active = tracks.active_rows
        T = self.T_camera_world
        T_newest_anchor = (T[-1] @ inverse(T))[tracks.first_frame[active]]
        d = tracks.inverse_depth[active]
        direction = rays(tracks.points_px[active, 0], self.focal_px)
        z = np.einsum('nj,nj->n', T_newest_anchor[:, 2, :3], direction) \
            + d * T_newest_anchor[:, 2, 3]
        return np.asarray(d / np.maximum(z, MINIMUM_Z))

    def _append_pose(self, T_camera_world: Array, image: NDArray[np.uint8]) -> None:
        self.T_camera_world = np.concatenate([self.T_camera_world, T_camera_world[None]])
        self.images.append(image)

    def _reanchor(self, moved: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Move tracks to their second key frame; return which of them fit there.

        A track's inverse depth moves along with an information that its old anchor vouches for.
        """
        tracks, options = self.tracks, self.options
        T = self.T_camera_world[1] @ inverse(self.T_camera_world[0])
        d = tracks.inverse_depth[moved]
        point = rays(tracks.points_px[moved, 0], self.focal_px) @ T[:3, :3].T \
            + d[:, None] * T[:3, 3]
        z = np.maximum(point[:, 2], 1e-6)
        error = self.focal_px * point[:, :2] / z[:, None] - tracks.points_px[moved, 1]
        depth = d / z
        floor_std = options.reanchor_floor_std * scene_inverse_depth(tracks.inverse_depth)
        trust = np.minimum(
            options.reanchor_trust * tracks.information[moved] * z ** 2,
            1.0 / (options.reanchor_ratio_std * depth + floor_std) ** 2)
        tracks.inverse_depth[moved] = tracks.prior[moved] = depth
        tracks.information[moved] = tracks.prior_information[moved] = trust
        tracks.points_px[moved] = np.roll(tracks.points_px[moved], -1, axis=1)
        tracks.weight[moved] = np.roll(tracks.weight[moved], -1, axis=1)
        tracks.weight[moved, -1] = 0.0
        tracks.measured_information[moved] = 0.0      # it is a part of that trust
        return np.asarray((np.linalg.norm(error, axis=1) < options.reanchor_error_px)
                          & (z > MINIMUM_Z))


def scene_inverse_depth(inverse_depths: Array) -> float:
    """Return the inverse depth that stands for a scene of points with these (N,)."""
    return float(np.percentile(inverse_depths, SCENE_PERCENTILE))
