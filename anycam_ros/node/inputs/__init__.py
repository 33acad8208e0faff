# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inputs of the node: from subscriptions to the frames of the odometry."""
