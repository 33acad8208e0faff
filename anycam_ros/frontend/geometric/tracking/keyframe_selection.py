# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a frame becomes a key frame."""

from dataclasses import dataclass

import numpy as np

from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.geometry.se3 import Array


@dataclass(frozen=True)
class KeyframeSelectionOptions:
    """Choose how far apart key frames are."""

    flow: float = 0.05             # of the longer side, median of the tracks: parallax for depth
    inlier_share: float = 0.5      # of the tracks; with fewer left, new ones must start
    lost_accuracy: float = 3.0     # of the position, since the key frame: near points leave first
    awaited_depth: float = 2.0     # times that flow, for a frame between those with depth


def needs_key_frame(tracking: TrackingResult, key_px: Array, options: KeyframeSelectionOptions, *,
                    lost_accuracy: float, awaits_depth: bool) -> bool:
    """Return whether the tracks, at key_px (N, 2) in the newest key frame, went far or got few.

    lost_accuracy is the deviation of the position over that just after the key frame.
    """
    flow_px = np.linalg.norm(tracking.matches.target_px - key_px, axis=1)
    patience = options.awaited_depth if awaits_depth else 1.0
    return bool(np.median(flow_px[tracking.is_inlier])
                > patience * options.flow * max(tracking.image.shape)
                or tracking.inlier_share < options.inlier_share
                or lost_accuracy > options.lost_accuracy)
