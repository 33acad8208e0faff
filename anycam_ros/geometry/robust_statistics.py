# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a median to a standard deviation, for Gaussian errors."""

from typing import Final

MEDIAN_TO_STD: Final = 1.48           # standard deviation over the median of absolute errors
MEDIAN_OF_LENGTH: Final = 1.1774      # median length of two components of standard deviation 1
SMALLEST_NOISE_PX: Final = 0.02       # no flow is better; without noise it only seems so
