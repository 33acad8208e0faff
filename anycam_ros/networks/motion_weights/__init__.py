# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The small network that weighs what moves; geometry decides."""
