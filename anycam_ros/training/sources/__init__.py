# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where clips come from: recordings and data sets, with their flow and depth cached on disk."""
