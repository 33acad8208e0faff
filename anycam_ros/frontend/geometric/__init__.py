# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Motion from geometry alone: flow, two views, a local map; no weights.

What this package exports is all that the refinement of a whole recording may use of it.
"""

from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import follow, MatchingOptions
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.focal_evidence import FocalFit
from anycam_ros.frontend.geometric.mapping.keyframe_database import Keyframe, median_flow
from anycam_ros.frontend.geometric.mapping.seeding import SeedingOptions, textured_corners
from anycam_ros.frontend.geometric.tracking.loop_closure import (
    LoopClosureOptions,
    register_keyframe,
)

__all__ = ['FlowPair', 'FocalFit', 'FocalState', 'Keyframe', 'LoopClosureOptions',
           'MatchingOptions', 'SeedingOptions', 'follow',
           'median_flow', 'register_keyframe', 'textured_corners']
