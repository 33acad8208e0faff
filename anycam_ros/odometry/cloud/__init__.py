# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The coloured points of a frame: static and dynamic ones apart."""

from anycam_ros.odometry.cloud.frame_cloud import frame_cloud, FrameCloud
from anycam_ros.odometry.cloud.point_cloud import PointCloud

__all__ = ['FrameCloud', 'PointCloud', 'frame_cloud']
