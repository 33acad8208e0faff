# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of bags, videos, image folders and sequence folders."""
