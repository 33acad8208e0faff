# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files: readers of recordings and writers of results."""
