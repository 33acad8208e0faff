# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered scenes and simulated tracks with known truth."""
