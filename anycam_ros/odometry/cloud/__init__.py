# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a frame shows in space, as coloured points: what stands, and what moves apart from it."""

from anycam_ros.odometry.cloud.frame_cloud import frame_cloud, FrameCloud
from anycam_ros.odometry.cloud.point_cloud import PointCloud

__all__ = ['FrameCloud', 'PointCloud', 'frame_cloud']
