# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera motion from optical flow alone; needs no weights."""
