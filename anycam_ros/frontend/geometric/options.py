# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All options of the geometric front end: an ablation is one dataclasses.replace().

They are no parameters of the node: the defaults are measured, and what suits a camera is found by
the method itself. Only how much time a frame may take is asked of the user, by `quality`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anycam_ros.flow.dis import CoarseFlowOptions
from anycam_ros.frontend.common.image_quality import ImageQualityOptions
from anycam_ros.frontend.common.pending_correction import PendingCorrectionOptions
from anycam_ros.frontend.geometric.estimation.flow_prediction import FlowPredictionOptions
from anycam_ros.frontend.geometric.estimation.matching import MatchingOptions
from anycam_ros.frontend.geometric.estimation.pose_covariance import CovarianceOptions
from anycam_ros.frontend.geometric.estimation.two_view_geometry import TwoViewOptions
from anycam_ros.frontend.geometric.focal import FocalOptions
from anycam_ros.frontend.geometric.initialisation.map_initialiser import MapInitialiserOptions
from anycam_ros.frontend.geometric.initialisation.older_references import OlderReferenceOptions
from anycam_ros.frontend.geometric.initialisation.rotation_only import RotationOnlyOptions
from anycam_ros.frontend.geometric.mapping.depth_prior import DepthPriorOptions
from anycam_ros.frontend.geometric.mapping.local_map import LocalMapOptions
from anycam_ros.frontend.geometric.mapping.seeding import SeedingOptions
from anycam_ros.frontend.geometric.picture_rest import PictureRestOptions
from anycam_ros.frontend.geometric.segmentation.depth_expectation import DepthExpectationOptions
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import EpipolarResidualOptions
from anycam_ros.frontend.geometric.segmentation.motion_mask import MotionMaskOptions
from anycam_ros.frontend.geometric.segmentation.static_appearance import StaticAppearanceOptions
from anycam_ros.frontend.geometric.tracking.keyframe_selection import KeyframeSelectionOptions
from anycam_ros.frontend.geometric.tracking.loop_closure import LoopClosureOptions
from anycam_ros.frontend.geometric.tracking.tracker import TrackerOptions
from anycam_ros.frontend.geometric.tracking.tracking_loss import TrackingLossOptions
from anycam_ros.frontend.geometric.tracking.tracking_quality import TrackingQualityOptions


@dataclass(frozen=True)
class GeometricOptions:
    """Gather the options of every step."""

    working_area_px: int = 448 * 336       # of the image that is processed, of any aspect
    focal: FocalOptions = field(default_factory=FocalOptions)
    image_quality: ImageQualityOptions = field(default_factory=ImageQualityOptions)
    flow_prediction: FlowPredictionOptions = field(default_factory=FlowPredictionOptions)
    coarse_flow: CoarseFlowOptions = field(default_factory=CoarseFlowOptions)
    matching: MatchingOptions = field(default_factory=MatchingOptions)
    two_view: TwoViewOptions = field(default_factory=TwoViewOptions)
    rotation_only: RotationOnlyOptions = field(default_factory=RotationOnlyOptions)
    older_references: OlderReferenceOptions = field(default_factory=OlderReferenceOptions)
    map_initialiser: MapInitialiserOptions = field(default_factory=MapInitialiserOptions)
    tracker: TrackerOptions = field(default_factory=TrackerOptions)
    tracking_loss: TrackingLossOptions = field(default_factory=TrackingLossOptions)
    tracking_quality: TrackingQualityOptions = field(default_factory=TrackingQualityOptions)
    picture_rest: PictureRestOptions = field(default_factory=PictureRestOptions)
    covariance: CovarianceOptions = field(default_factory=CovarianceOptions)
    motion_mask: MotionMaskOptions = field(default_factory=MotionMaskOptions)
    depth_expectation: DepthExpectationOptions = field(default_factory=DepthExpectationOptions)
    static_appearance: StaticAppearanceOptions = field(default_factory=StaticAppearanceOptions)
    epipolar_residual: EpipolarResidualOptions = field(default_factory=EpipolarResidualOptions)
    keyframe_selection: KeyframeSelectionOptions = field(default_factory=KeyframeSelectionOptions)
    local_map: LocalMapOptions = field(default_factory=LocalMapOptions)
    seeding: SeedingOptions = field(default_factory=SeedingOptions)
    depth_prior: DepthPriorOptions = field(default_factory=DepthPriorOptions)
    loop_closure: LoopClosureOptions = field(default_factory=LoopClosureOptions)
    pending_correction: PendingCorrectionOptions = field(default_factory=PendingCorrectionOptions)


QUALITIES: Mapping[str, GeometricOptions] = {
    'fast': GeometricOptions(working_area_px=352 * 264),
    'balanced': GeometricOptions(),
    'accurate': GeometricOptions(coarse_flow=CoarseFlowOptions(patch_stride=4, iterations=16)),
}
"""Presets of the parameter `quality`; docs/performance.md has their figures."""
