# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How one image relates to the reference image before it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.pose_sensitivity import PoseSensitivity
from anycam_ros.geometry.se3 import Array


class TrackingResult(NamedTuple):
    """Hold the matches of N reference points in an image and the pose that explains them."""

    image: Image
    pair: FlowPair
    matches: Matches
    residual_px: Array               # (N,) what the pose leaves of each match; inf where not seen
    is_inlier: NDArray[np.bool_]     # (N,)
    T_camera_world: Array            # (4, 4)
    information: Array               # (6, 6) left perturbation of the pose, noise of 1 px
    noise_px: float                  # typical reprojection error of an inlier
    error: PoseSensitivity | None = None   # what the points leave open; None without a map
    still_px: Array | None = None          # (N,) residual had the camera not moved; None likewise

    @property
    def inlier_share(self) -> float:
        """Return the share of the reference points that follow the camera."""
        return float(self.is_inlier.mean()) if len(self.is_inlier) else 0.0

    @property
    def position_std(self) -> float:
        """Return the deviation of the position, for independent noise of 1 px."""
        return float(np.sqrt(np.trace(np.linalg.inv(self.information)[:3, :3])))


class TrackingFailure(NamedTuple):
    """Hold what is known of an image that no pose explains."""

    found_share: float               # of the reference points that flow finds, there and back
