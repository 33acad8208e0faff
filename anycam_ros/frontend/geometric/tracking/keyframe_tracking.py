# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An image found in the map: flow from the newest key frame, started where the camera will be."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.common.stage_timer import MATCH, MOTION, StageTimer
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.flow_prediction import predict_flow
from anycam_ros.frontend.geometric.estimation.matcher import Matcher
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap
from anycam_ros.frontend.geometric.options import GeometricOptions
from anycam_ros.frontend.geometric.tracking.tracker import track_frame
from anycam_ros.frontend.geometric.tracking.tracking_quality import is_poor


def track_from_keyframe(local_map: LocalMap, state: CameraState, image: Image,
                        stamp_s: float, *, matcher: Matcher, left_out: NDArray[np.bool_],
                        options: GeometricOptions,
                        timer: StageTimer) -> TrackingResult | TrackingFailure:
    """Return how an image relates to the newest key frame.

    What the mask left_out (H, W) marks is not matched. A jump that few points show, or all of
    them badly, is a failure: no camera moved so.
    """
    window, T_predicted = local_map.window, state.predicted(stamp_s)
    with timer.stage(MATCH):
        R_world_reference = window.T_camera_world[-1][:3, :3].T
        start = predict_flow(None if state.tracking is None else state.tracking.pair,
                             state.T_camera_world[:3, :3] @ R_world_reference,
                             T_predicted[:3, :3] @ R_world_reference,
                             camera=window.camera, focal_px=window.focal_px,
                             stride=matcher.stride, options=options.flow_prediction)
        pair = matcher.flow(window.images[-1], image, start, left_out)
    with timer.stage(MOTION):
        tracking = track_frame(
            window, image, pair, matcher, T_starts=[state.T_camera_world, T_predicted],
            options=options.tracker)
        if isinstance(tracking, TrackingResult) and is_poor(tracking, options.tracking_quality):
            step = float(np.linalg.norm(state.motion_to(tracking)[:3, 3]))
            if local_map.is_jump(step, stamp_s - state.stamp_s):
                return TrackingFailure(float(tracking.matches.is_valid.mean()))
        return tracking
