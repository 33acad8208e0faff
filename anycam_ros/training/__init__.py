# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training: what all tasks share; each task has a folder of its own."""
