# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Train the motion weights on procedural clips that the odometry has tracked."""
