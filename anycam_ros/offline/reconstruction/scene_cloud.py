# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The static scene of a recording as one cloud, from its depth."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry import Frame, OdometryEstimate, TrackingState, VisualOdometry
from anycam_ros.odometry.cloud import frame_cloud, PointCloud
from anycam_ros.offline.reconstruction.voxel_grid import VoxelGrid

MOST_POINTS = 1_000_000          # about 60 MB while the grid is thinned
VOXELS_PER_DEPTH = 250           # a voxel's side: of the median depth of the first points
LONGEST_GAP = 6                  # frames


@dataclass
class SceneCloud:
    """Collect the static points of the key frames, and of more frames where these are rare."""

    odometry: VisualOdometry
    _grid: VoxelGrid | None = None
    _poses: int = 0
    _last: int = -LONGEST_GAP

    def add(self, frame: Frame, estimate: OdometryEstimate) -> None:
        """Add a frame and its estimate; one without pose, depth or unit is ignored."""
        if estimate.status is TrackingState.LOST:
            return
        pose, self._poses = self._poses, self._poses + 1
        is_due = estimate.is_key_frame or pose - self._last >= LONGEST_GAP
        if not is_due or estimate.scale_source == 'none' or self.odometry.depth_image() is None:
            return
        cloud = frame_cloud(self.odometry, frame, estimate).static
        if not len(cloud):
            return
        self._last = pose
        if self._grid is None:
            depth = float(np.median(cloud.positions[:, 2]))
            self._grid = VoxelGrid(depth / VOXELS_PER_DEPTH, MOST_POINTS)
        in_odom = cloud.transformed(estimate.T_odom_camera)
        self._grid.add(pose, cloud.positions, in_odom.positions, cloud.colours)

    def in_odom(self, T_odom_camera: Array) -> PointCloud:
        """Return the cloud in odom for poses (poses, 4, 4), causal or refined ones."""
        if self._grid is None:
            return PointCloud(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint8))
        points = self._grid.points
        T = T_odom_camera[points['pose']]
        positions = np.einsum('nij,nj->ni', T[:, :3, :3], points['position']) + T[:, :3, 3]
        return PointCloud(positions.astype(np.float32), points['colour'])
