# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Motion from geometry alone: flow, two views, a local map; no weights.

What this package exports is all that the refinement of a whole recording may use of it.
"""

from anycam_ros.frontend.geometric.estimation.matching import (
    flow_both_ways,
    FlowPair,
    follow,
    MatchingOptions,
)
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalFit
from anycam_ros.frontend.geometric.mapping.keyframe_database import Keyframe, median_flow
from anycam_ros.frontend.geometric.mapping.seeding import best_corners, SeedingOptions
from anycam_ros.frontend.geometric.tracking.loop_closure import (
    LoopClosureOptions,
    register_keyframe,
)

__all__ = ['FlowPair', 'FocalFit', 'FocalState', 'Keyframe', 'LoopClosureOptions',
           'MatchingOptions', 'SeedingOptions', 'best_corners', 'flow_both_ways', 'follow',
           'median_flow', 'register_keyframe']
