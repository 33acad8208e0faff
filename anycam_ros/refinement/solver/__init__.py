# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the cost is minimised, and what is known of the minimum."""
