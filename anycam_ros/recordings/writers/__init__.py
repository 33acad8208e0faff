# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writers of results: TUM, bag, masks, PLY, COLMAP, rerun."""
