# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Processing of whole recordings: trajectory, figures, refinement, reconstruction."""
