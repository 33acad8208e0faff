# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What makes the unit of the map metres: speed, or the height of the camera over the ground."""
