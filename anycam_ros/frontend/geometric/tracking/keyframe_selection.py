# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a frame becomes a key frame."""

import numpy as np

from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.geometry.se3 import Array

KEY_FRAME_FLOW = 0.05            # of the longer side
KEY_FRAME_INLIERS = 0.5
AWAITED_DEPTH = 2.0              # times that flow, for a frame between those with depth


def needs_key_frame(tracking: TrackingResult, key_px: Array, *, awaits_depth: bool) -> bool:
    """Return whether the tracks, at key_px (N, 2) in the newest key frame, went far or got few."""
    flow_px = np.linalg.norm(tracking.matches.target_px - key_px, axis=1)
    patience = AWAITED_DEPTH if awaits_depth else 1.0
    return bool(np.median(flow_px[tracking.is_inlier])
                > patience * KEY_FRAME_FLOW * max(tracking.image.shape)
                or tracking.inlier_share < KEY_FRAME_INLIERS)
