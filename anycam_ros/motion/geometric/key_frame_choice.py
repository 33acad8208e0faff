# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a frame becomes a key frame."""

import numpy as np

from anycam_ros.geometry.se3 import Array
from anycam_ros.motion.geometric.sighting import Sighting

KEY_FRAME_FLOW = 0.05            # of the longer side
KEY_FRAME_INLIERS = 0.5
AWAITED_DEPTH = 2.0              # times that flow, for a frame between those with depth


def wants_key_frame(sighting: Sighting, key_px: Array, *, awaits_depth: bool) -> bool:
    """Return whether the tracks, at key_px (N, 2) in the newest key frame, went far or got few."""
    flow_px = np.linalg.norm(sighting.matches.target_px - key_px, axis=1)
    patience = AWAITED_DEPTH if awaits_depth else 1.0
    return bool(np.median(flow_px[sighting.is_inlier])
                > patience * KEY_FRAME_FLOW * max(sighting.image.shape)
                or sighting.inlier_share < KEY_FRAME_INLIERS)
