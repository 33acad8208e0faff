# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The local map: key frames, tracks, depths, and the key frames that left it."""
