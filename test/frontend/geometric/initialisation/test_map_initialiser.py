# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Before the first map: stand, turn, wait for parallax, and choose the right hypothesis."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from simulated_views import angle_rad, CAMERA, FOCAL_PX, HEIGHT, motion, WIDTH

from anycam_ros.flow.dense_flow import Image
from anycam_ros.flow.dis import DisFlow
from anycam_ros.frontend.geometric.estimation.matcher import DenseMatcher
from anycam_ros.frontend.geometric.estimation.matching import MatchingOptions
from anycam_ros.frontend.geometric.estimation.pose_covariance import CovarianceOptions
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.estimation.two_view_geometry import FocalPrior, TwoViewOptions
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.frontend.geometric.initialisation.map_initialiser import (
    initialise_map,
    MapInitialiserOptions,
)
from anycam_ros.frontend.geometric.initialisation.rotation_only import (
    RotationOnlyOptions,
    RotationOnlyTracker,
)
from anycam_ros.frontend.geometric.mapping.local_map import LocalMapOptions
from anycam_ros.frontend.geometric.mapping.seeding import SeedingOptions
from anycam_ros.frontend.geometric.mapping.sliding_window import SlidingWindow
from anycam_ros.frontend.geometric.picture_rest import PictureRest, PictureRestOptions
from anycam_ros.geometry.se3 import Array, inverse, so3_log
from anycam_ros.simulation.rendered_scene import RenderedScene

Path = Callable[[int], Array]


@pytest.fixture(scope='module')
def poster() -> Image:
    """Return an image twice the size of the view, with structure of every size."""
    rng = np.random.default_rng(0)
    noise = sum(std * cv2.GaussianBlur(rng.normal(size=(2 * HEIGHT, 2 * WIDTH)), (0, 0),
                                       std) for std in (1.5, 4, 12))
    return cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def view_of(poster: Image, normal: Array, T_camera_first: Array,
            std: float = 1.5) -> Image:
    """Return what a camera sees of a poster with normal . X = 1 in the first camera."""
    K = CAMERA.intrinsics.matrix
    H = K @ (T_camera_first[:3, :3] + np.outer(T_camera_first[:3, 3], normal)) @ np.linalg.inv(K)
    to_poster = np.array([[1, 0, WIDTH / 2], [0, 1, HEIGHT / 2], [0, 0, 1]])
    seen = cv2.warpPerspective(poster, H @ np.linalg.inv(to_poster), (WIDTH, HEIGHT))
    noise = np.random.default_rng(int(1e6 * abs(T_camera_first).sum())).normal(
        0, std, seen.shape)
    return np.clip(seen + noise, 0, 255).astype(np.uint8)


def tracker_at(reference: Image) -> RotationOnlyTracker:
    return RotationOnlyTracker(CAMERA, reference, RotationOnlyOptions(), MatchingOptions(),
                               TwoViewOptions(), SeedingOptions())


def track(rotation_only: RotationOnlyTracker, image: Image, focal_px: float,
          last: TrackingResult | None = None, *,
          is_stationary: bool = False) -> TrackingResult | None:
    matcher = DenseMatcher(DisFlow(), MatchingOptions())
    pair = matcher.flow(rotation_only.reference, image, None if last is None else last.pair)
    return rotation_only.track(image, pair, FocalPrior(focal_px, np.inf),
                               is_stationary=is_stationary)


def look_along(images: list[Image], focal: FocalState) \
        -> tuple[RotationOnlyTracker, list[TrackingResult], SlidingWindow | None]:
    """Return what is seen up to the start of a map, and the map where one starts."""
    rotation_only, rest = tracker_at(images[0]), PictureRest((HEIGHT, WIDTH), PictureRestOptions())
    rest.update(images[0], 0.0)
    results: list[TrackingResult] = []
    for index, image in enumerate(images[1:], 1):
        rest.update(image, index / 30)
        tracking = track(rotation_only, image, focal.focal_px, results[-1] if results else None,
                         is_stationary=rest.is_stationary)
        assert tracking is not None
        results.append(tracking)
        has_parallax, window = rotation_only.has_parallax(tracking), None
        rotation_only.remember(tracking)
        if has_parallax:
            window = initialise_map(rotation_only, tracking, focal, MapInitialiserOptions(),
                                    LocalMapOptions(), CovarianceOptions())
        if window is not None:
            return rotation_only, results, window
    return rotation_only, results, None


def known() -> FocalState:
    return FocalState(FOCAL_PX, is_given=True)


def test_turn_is_followed_and_gives_no_map(poster: Image) -> None:
    at_infinity, path = np.zeros(3), [motion((0.002 * i, -0.008 * i, 0.004 * i), (0, 0, 0))
                                      for i in range(20)]
    images = [view_of(poster, at_infinity, T) for T in path]
    _, results, window = look_along(images, known())
    assert window is None
    for tracking, T in zip(results, path[1:], strict=True):
        error = so3_log(tracking.T_camera_world[:3, :3] @ T[:3, :3].T)
        assert np.linalg.norm(error) < 0.001
        np.testing.assert_array_equal(tracking.T_camera_world[:3, 3], 0)
        assert tracking.inlier_share > 0.5


def test_focal_length_is_learned_from_turns_but_not_from_steps(poster: Image) -> None:
    prior = FocalPrior(0.85 * FOCAL_PX, 44.0)
    for normal, path, is_turn in (
            (np.zeros(3), [motion((0, 0.03 * i, 0), (0, 0, 0)) for i in range(12)], True),
            (np.array([0.4, 0, 0.8]), [motion((0, 0.03 * i, 0), (0.01 * i, 0, 0))
                                       for i in range(12)], False)):
        rotation_only = tracker_at(view_of(poster, normal, path[0]))
        last = None
        for T in path[1:]:
            last = track(rotation_only, view_of(poster, normal, T), prior.focal_px, last)
        assert last is not None
        assert rotation_only.has_turned_far(last)
        shown = rotation_only.focal_shown(last, prior)
        assert (shown is not None) == is_turn
        if shown is not None:
            assert shown.focal_px == pytest.approx(FOCAL_PX, rel=0.02)


def test_stationary_camera_has_exactly_no_motion_and_gives_no_map(poster: Image) -> None:
    # The noise differs from frame to frame.
    images = [view_of(poster, np.zeros(3), motion((0, 0, 0), (0, 0, 1e-6 * i)), std=12)
              for i in range(12)]
    rotation_only, results, window = look_along(images, known())
    assert window is None
    assert rotation_only.is_stationary
    for tracking in results:
        np.testing.assert_array_equal(tracking.T_camera_world, np.eye(4))


def test_minority_that_moves_does_not_move_a_stationary_camera(poster: Image) -> None:
    images = []
    for index in range(8):
        image = view_of(poster, np.zeros(3), np.eye(4))
        image[80:280, 60 + 6 * index:220 + 6 * index] = poster[300:500, 300:460]
        images.append(image)
    rotation_only, results, window = look_along(images, known())
    assert window is None
    assert rotation_only.is_stationary
    np.testing.assert_array_equal(results[-1].T_camera_world, np.eye(4))


def test_slow_creep_is_not_stationary_for_ever(poster: Image) -> None:
    wall = np.array([0.0, 0.0, 1.0])
    path = [motion((0, 0, 0), (0.0004 * index, 0, 0)) for index in range(16)]    # 0.16 px a frame
    rotation_only, _, _ = look_along([view_of(poster, wall, T) for T in path], known())
    assert not rotation_only.is_stationary


@pytest.mark.parametrize('speed', [1, 4])
def test_wall_seen_at_a_slant_gives_the_true_one_of_its_two_hypotheses(
        poster: Image, speed: int) -> None:
    normal = np.array([0.45, 0.1, 0.9])
    path = [motion((0.0, 0.003 * i, 0.0), (0.012 * i, -0.002 * i, 0.006 * i))
            for i in range(0, 30, speed)]
    images = [view_of(poster, normal, T) for T in path]
    _, results, window = look_along(images, known())
    assert window is not None
    T_found, T_true = window.T_camera_world[-1], path[len(results)]
    assert angle_rad(T_found[:3, 3], T_true[:3, 3]) < 0.25
    assert np.linalg.norm(so3_log(T_found[:3, :3] @ T_true[:3, :3].T)) < 0.01


def test_map_of_a_room_has_the_room_s_shape() -> None:
    scene = RenderedScene(WIDTH, HEIGHT, FOCAL_PX, moving=False)
    frames = [scene.frame(index) for index in range(12)]
    images = [cv2.cvtColor(frame.image_rgb, cv2.COLOR_RGB2GRAY) for frame in frames]
    _, results, window = look_along(images, known())
    assert window is not None
    T_true = inverse(frames[len(results)].T_world_camera) @ frames[0].T_world_camera
    T_found = window.T_camera_world[-1]
    assert angle_rad(T_found[:3, 3], T_true[:3, 3]) < 0.2
    assert np.linalg.norm(so3_log(T_found[:3, :3] @ T_true[:3, :3].T)) < 0.01
    tracks = window.tracks
    anchored = tracks.first_frame == 0
    column, row = (tracks.points_px[anchored, 0] + [WIDTH / 2, HEIGHT / 2]).astype(int).T
    true_depth = frames[0].depth_m[row, column]
    assert np.corrcoef(np.log(tracks.inverse_depth[anchored]), -np.log(true_depth))[0, 1] > 0.6


def test_view_that_has_changed_altogether_is_not_seen(poster: Image) -> None:
    rotation_only = tracker_at(view_of(poster, np.zeros(3), np.eye(4)))
    other = np.ascontiguousarray(poster[-HEIGHT:, :WIDTH][::-1])
    assert track(rotation_only, other, FOCAL_PX) is None


@pytest.mark.slow
def test_remembered_views_stay_few(poster: Image) -> None:
    wall = np.array([0.0, 0.0, 1.0])
    path = [motion((0, 0, 0), (0.002 * index, 0, 0)) for index in range(60)]
    rotation_only = tracker_at(view_of(poster, wall, path[0]))
    tracking = None
    for T in path[1:]:
        tracking = track(rotation_only, view_of(poster, wall, T), FOCAL_PX, tracking)
        assert tracking is not None
        rotation_only.remember(tracking)
        assert len(rotation_only.views) < 10
