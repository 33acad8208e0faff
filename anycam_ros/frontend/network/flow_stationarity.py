# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Does the camera stand: dense flow, followed from where the picture came to rest."""

import numpy as np

from anycam_ros.frontend.common.stationarity import StationarityOptions
from anycam_ros.frontend.network.preprocessing import Map

GRID_STEP_PX = 21
OPTIONS = StationarityOptions()


class FlowStationarity:
    """Follow a grid of points, so that a creep adds up and is noticed.

    Where the camera stands, no candidate for the focal length explains the flow better than any
    other, and what the network says of the motion is noise.
    """

    def __init__(self, height: int, width: int) -> None:
        """Start in motion."""
        x, y = np.meshgrid(np.arange(GRID_STEP_PX // 2, width, GRID_STEP_PX),
                           np.arange(GRID_STEP_PX // 2, height, GRID_STEP_PX))
        self._rest_px = np.column_stack([x.ravel(), y.ravel()]).astype(np.float64)
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        self.positions_px = self._rest_px    # (N, 2) where the points are by now
        self._frames = 0

    def update(self, flow_px: Map) -> bool:
        """Take the flow (N, 2) to the new frame at the positions; return whether it stands."""
        self.positions_px = self.positions_px + flow_px
        moved_px = np.linalg.norm(self.positions_px - self._rest_px, axis=1)
        if (moved_px < OPTIONS.maximum_px).mean() > OPTIONS.minimum_share:
            self._frames += 1
        else:
            self.forget()
        return self._frames >= OPTIONS.frames
