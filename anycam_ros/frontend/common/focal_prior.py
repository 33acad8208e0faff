# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The focal length that is assumed of a camera that nobody calibrated."""

PRIOR_RATIO = 0.8    # of the longer side; between a phone's and a webcam's lens
