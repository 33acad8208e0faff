# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow tracks and bundle adjustment (section 3.4, appendix D of the paper)."""

from anycam_ros.refinement.bundle_adjustment import refine
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.refinement.flow_tracks import flow_tracks, FlowStep, TrackGrid
from anycam_ros.refinement.objective import paper_objective
from anycam_ros.refinement.priors import Priors
from anycam_ros.refinement.propagation import propagate_key_frames
from anycam_ros.refinement.result import MarginalInformation, RefinementResult
from anycam_ros.refinement.tracks import Tracks
from anycam_ros.refinement.warm_up import warm_up

__all__ = ['FlowStep', 'MarginalInformation', 'Priors', 'RefinementConfig', 'RefinementResult',
           'TrackGrid', 'Tracks', 'flow_tracks', 'paper_objective', 'propagate_key_frames',
           'refine', 'warm_up']
