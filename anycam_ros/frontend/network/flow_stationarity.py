# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stationarity by dense flow, followed from where the image came to rest."""

import numpy as np

from anycam_ros.networks.anycam.inputs.preprocessing import Map

GRID_STEP_PX = 21
MAXIMUM_PX = 0.25         # that a point moves since the camera came to rest
MINIMUM_SHARE = 0.5       # of the points, that must rest; people cover less
FRAMES = 4                # in a row, before it counts


class FlowStationarity:
    """Follow a grid of points, so that a creep adds up and is noticed.

    Where the camera is stationary, all candidates for the focal length explain the flow equally
    well, and what the network says of the motion is noise.
    """

    def __init__(self, height: int, width: int) -> None:
        """Start in motion."""
        x, y = np.meshgrid(np.arange(GRID_STEP_PX // 2, width, GRID_STEP_PX),
                           np.arange(GRID_STEP_PX // 2, height, GRID_STEP_PX))
        self._rest_px = np.column_stack([x.ravel(), y.ravel()]).astype(np.float64)
        self.forget()

    def forget(self) -> None:
        """Start again, in motion."""
        self.positions_px = self._rest_px    # (N, 2) where the points are by now
        self._frames = 0

    def update(self, flow_px: Map) -> bool:
        """Take the flow (N, 2) at the positions; return whether the camera is stationary."""
        self.positions_px = self.positions_px + flow_px
        moved_px = np.linalg.norm(self.positions_px - self._rest_px, axis=1)
        if (moved_px < MAXIMUM_PX).mean() > MINIMUM_SHARE:
            self._frames += 1
        else:
            self.forget()
        return self._frames >= FRAMES
