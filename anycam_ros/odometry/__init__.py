# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry pipeline: frames in, estimates out."""

from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.frontend.reason import Cause
from anycam_ros.messages.speed import Speed
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.odometry.estimate import OdometryEstimate, StampedPose
from anycam_ros.odometry.frame import Frame
from anycam_ros.odometry.visual_odometry import VisualOdometry
from anycam_ros.odometry.warm_up import warm_up

__all__ = ['Cause', 'Frame', 'OdometryConfig', 'OdometryEstimate', 'Speed', 'StampedPose',
           'TrackingState', 'VisualOdometry', 'warm_up']
