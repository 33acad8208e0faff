# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every front end offers to the odometry."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class FocalKnowledge(Protocol):
    """Say what is known of the focal length of the working image."""

    @property
    def focal_px(self) -> float:
        """Return the best guess."""

    @property
    def is_given(self) -> bool:
        """Return whether it comes from a calibration."""

    @property
    def is_observed(self) -> bool:
        """Return whether the motion so far shows it."""

    @property
    def relative_std(self) -> float:
        """Return the standard deviation of log focal."""

    def log_probabilities(self, height_px: float) -> NDArray[np.float64]:
        """Return the log-probabilities (32,) of the paper's candidates for an image height."""
