# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An image is found against the newest key frame, holes in the flow or not."""

import cv2
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, WIDTH

from anycam_ros.flow.dense_flow import Flow, Image
from anycam_ros.flow.dis import CoarseFlowOptions, DisFlow
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.flow_prediction import (
    FlowPredictionOptions,
    predict_flow,
)
from anycam_ros.frontend.geometric.estimation.matcher import DenseMatcher, Matcher, PatchMatcher
from anycam_ros.frontend.geometric.estimation.matching import MatchingOptions
from anycam_ros.frontend.geometric.estimation.tracking_result import (
    TrackingFailure,
    TrackingResult,
)
from anycam_ros.frontend.geometric.mapping.sliding_window import (
    SlidingWindow,
    SlidingWindowOptions,
)
from anycam_ros.frontend.geometric.tracking.tracker import track_frame, TrackerOptions
from anycam_ros.frontend.geometric.tracking.tracking_quality import (
    shows_motion,
    TrackingQualityOptions,
)
from anycam_ros.geometry.se3 import Array, inverse, so3_log
from anycam_ros.simulation.rendered_scene import camera_pose, RenderedFrame, RenderedScene

STRIDE = 2


def dense(flow: DisFlow) -> DenseMatcher:
    return DenseMatcher(flow, MatchingOptions())


def patches() -> PatchMatcher:
    return PatchMatcher(MatchingOptions(), CoarseFlowOptions())


def tracked(matcher: Matcher, window: SlidingWindow,
            image: Image) -> TrackingResult | TrackingFailure:
    return track_frame(window, image, matcher.flow(window.images[-1], image), matcher,
                       T_starts=[np.eye(4)], options=TrackerOptions())


def predicted(before: FlowPair | None, R_now_reference: Array) -> FlowPair | None:
    return predict_flow(before, np.eye(3), R_now_reference, camera=CAMERA, focal_px=FOCAL_PX,
                        stride=STRIDE, options=FlowPredictionOptions())


def grey(frame: RenderedFrame) -> Image:
    return np.asarray(cv2.cvtColor(frame.image_rgb, cv2.COLOR_RGB2GRAY), np.uint8)


class FlowWithHoles(DisFlow):
    """Return NaN for a third of the image."""

    def __call__(self, source: Image, target: Image, initial: Flow | None = None) -> Flow:
        """Return the flow without its left third."""
        flow = super().__call__(source, target, initial).copy()
        flow[:, :WIDTH // 3] = np.nan
        return flow


@pytest.fixture(scope='module')
def frames() -> list[RenderedFrame]:
    scene = RenderedScene(WIDTH, HEIGHT, FOCAL_PX, moving=False)
    return [scene.frame(index) for index in (0, 2)]


@pytest.fixture
def window(frames: list[RenderedFrame]) -> SlidingWindow:
    """Return a key frame with tracks of known depth, metres."""
    window = SlidingWindow(CAMERA, FOCAL_PX, SlidingWindowOptions())
    x, y = np.meshgrid(np.arange(8, WIDTH, 16), np.arange(8, HEIGHT, 16))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1).astype(float)
    window.start(grey(frames[0]), pixels,
                 1 / frames[0].depth_m[y.ravel(), x.ravel()].astype(float))
    window.tracks.information[:] = 1e6
    return window


@pytest.mark.parametrize('matcher', [patches(), dense(DisFlow()), dense(FlowWithHoles())])
def test_pose_is_that_of_the_camera(frames: list[RenderedFrame], window: SlidingWindow,
                                    matcher: Matcher) -> None:
    tracking = tracked(matcher, window, grey(frames[1]))
    assert isinstance(tracking, TrackingResult)
    T_true = inverse(frames[1].T_world_camera) @ frames[0].T_world_camera
    T = tracking.T_camera_world
    assert np.linalg.norm(T[:3, 3] - T_true[:3, 3]) < 0.1 * np.linalg.norm(T_true[:3, 3])
    assert np.linalg.norm(so3_log(T[:3, :3] @ T_true[:3, :3].T)) < 0.002
    assert tracking.inlier_share > 0.5
    assert np.isfinite(tracking.information).all()


def test_other_place_is_not_found(window: SlidingWindow) -> None:
    elsewhere = RenderedScene(WIDTH, HEIGHT, FOCAL_PX, moving=False,
                              path=lambda _: camera_pose(0.0, 0.0, 1.35, yaw_rad=2.5)).frame(0)
    failure = tracked(patches(), window, grey(elsewhere))
    assert isinstance(failure, TrackingFailure)
    assert failure.found_share < 0.5


def turned(yaw_rad: float) -> Array:
    return camera_pose(0.0, 0.0, 1.35, yaw_rad=yaw_rad, pitch_rad=0.1)


def test_predicted_turn_reaches_what_the_search_alone_does_not() -> None:
    """A turn of 26 degrees within a frame moves the image by 200 pixels."""
    scene = RenderedScene(WIDTH, HEIGHT, FOCAL_PX, moving=False,
                          path=lambda time_s: turned(0.45 * round(30 * time_s)))
    first, second = scene.frame(0), scene.frame(1)
    T = inverse(second.T_world_camera) @ first.T_world_camera
    ray = (np.linalg.inv(CAMERA.intrinsics.matrix)
           @ np.array([[60.0, 140.0], [168.0, 120.0], [1.0, 1.0]]))
    seen = CAMERA.intrinsics.matrix @ T[:3, :3] @ ray
    expected = (seen[:2] / seen[2]).T - [[60, 168], [140, 120]]
    start = predicted(None, T[:3, :3])
    assert start is not None
    at = ([84, 60], [30, 70])
    np.testing.assert_allclose(start.forward[at], expected, atol=3)
    found = patches().flow(grey(first), grey(second), start).forward[at]
    alone = patches().flow(grey(first), grey(second)).forward[at]
    assert np.linalg.norm(found - expected, axis=1).max() < 2
    assert np.linalg.norm(alone - expected, axis=1).max() > 10


def test_prediction_keeps_what_it_knows_while_the_camera_hardly_turns() -> None:
    pair = FlowPair(*np.zeros((2, HEIGHT // STRIDE, WIDTH // STRIDE, 2), np.float32),
                    stride=STRIDE)
    assert predicted(pair, np.eye(3)) is pair
    assert predicted(None, np.eye(3)) is None


def test_points_of_the_map_show_whether_the_camera_moves(
        frames: list[RenderedFrame], window: SlidingWindow) -> None:
    for frame, moves in zip(frames, (False, True), strict=True):
        tracking = tracked(patches(), window, grey(frame))
        assert isinstance(tracking, TrackingResult)
        assert shows_motion(tracking, TrackingQualityOptions()) == moves
