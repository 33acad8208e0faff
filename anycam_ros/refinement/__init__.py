# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow tracks and bundle adjustment (section 3.4, appendix D of the paper)."""
