# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 shell around the odometry."""

import os

# A compressed message of a few bytes may unpack to gigabytes. OpenCV reads this when it is loaded.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(2 ** 26))
