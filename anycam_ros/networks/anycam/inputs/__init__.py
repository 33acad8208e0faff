# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the AnyCam network takes: pictures, flow and depth, and their units."""
