# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Before the first map: stand, turn, wait for parallax, and choose the right explanation."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from simulated_views import angle_rad, CAMERA, FOCAL_PX, HEIGHT, motion, WIDTH

from anycam_ros.flow.dis import DisFlow, Image
from anycam_ros.geometry.se3 import Array, inverse, vector_from_rotation
from anycam_ros.motion.geometric.focal import FocalState
from anycam_ros.motion.geometric.initialiser import Initialiser
from anycam_ros.motion.geometric.map_start import start_window
from anycam_ros.motion.geometric.sighting import Sighting
from anycam_ros.motion.geometric.two_view import FocalPrior
from anycam_ros.motion.geometric.window import KeyFrameWindow
from anycam_ros.offline.rendered_scene import RenderedScene

Path = Callable[[int], Array]


@pytest.fixture(scope='module')
def poster() -> Image:
    """Return a picture twice the size of the view, with structure of every size."""
    rng = np.random.default_rng(0)
    noise = sum(deviation * cv2.GaussianBlur(rng.normal(size=(2 * HEIGHT, 2 * WIDTH)), (0, 0),
                                             deviation) for deviation in (1.5, 4, 12))
    return cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def view_of(poster: Image, normal: Array, T_camera_first: Array,
            deviation: float = 1.5) -> Image:
    """Return what a camera sees of a poster with normal . X = 1 in the first camera."""
    K = CAMERA.intrinsics.matrix
    H = K @ (T_camera_first[:3, :3] + np.outer(T_camera_first[:3, 3], normal)) @ np.linalg.inv(K)
    to_poster = np.array([[1, 0, WIDTH / 2], [0, 1, HEIGHT / 2], [0, 0, 1]])
    seen = cv2.warpPerspective(poster, H @ np.linalg.inv(to_poster), (WIDTH, HEIGHT))
    noise = np.random.default_rng(int(1e6 * abs(T_camera_first).sum())).normal(
        0, deviation, seen.shape)
    return np.clip(seen + noise, 0, 255).astype(np.uint8)


def look_along(images: list[Image], focal: FocalState) \
        -> tuple[Initialiser, list[Sighting], KeyFrameWindow | None]:
    """Return what is seen up to the start of a map, and the map where one starts."""
    initialiser = Initialiser(DisFlow(), CAMERA, images[0])
    sightings = []
    for image in images[1:]:
        sighting = initialiser.look(image, focal.focal_px)
        assert sighting is not None
        sightings.append(sighting)
        window = start_window(initialiser, sighting, focal)
        if window is not None:
            return initialiser, sightings, window
    return initialiser, sightings, None


def known() -> FocalState:
    return FocalState(FOCAL_PX, is_given=True)


def test_turn_is_followed_and_gives_no_map(poster: Image) -> None:
    at_infinity, path = np.zeros(3), [motion((0.002 * i, -0.008 * i, 0.004 * i), (0, 0, 0))
                                      for i in range(20)]
    images = [view_of(poster, at_infinity, T) for T in path]
    _, sightings, window = look_along(images, known())
    assert window is None
    for sighting, T in zip(sightings, path[1:], strict=True):
        error = vector_from_rotation(sighting.T_camera_world[:3, :3] @ T[:3, :3].T)
        assert np.linalg.norm(error) < 0.001
        np.testing.assert_array_equal(sighting.T_camera_world[:3, 3], 0)
        assert sighting.inlier_share > 0.5


def test_focal_length_is_learned_from_turns_but_not_from_steps(poster: Image) -> None:
    prior = FocalPrior(0.85 * FOCAL_PX, 44.0)
    for normal, path, is_turn in (
            (np.zeros(3), [motion((0, 0.03 * i, 0), (0, 0, 0)) for i in range(12)], True),
            (np.array([0.4, 0, 0.8]), [motion((0, 0.03 * i, 0), (0.01 * i, 0, 0))
                                       for i in range(12)], False)):
        initialiser = Initialiser(DisFlow(), CAMERA, view_of(poster, normal, path[0]))
        sightings = [initialiser.look(view_of(poster, normal, T), prior.focal_px)
                     for T in path[1:]]
        last = sightings[-1]
        assert last is not None
        assert initialiser.has_turned_far(last)
        shown = initialiser.focal_shown(last, prior)
        assert (shown is not None) == is_turn
        if shown is not None:
            assert shown.focal_px == pytest.approx(FOCAL_PX, rel=0.02)


def test_standing_is_exactly_no_motion_and_gives_no_map(poster: Image) -> None:
    # The noise differs from frame to frame.
    images = [view_of(poster, np.zeros(3), motion((0, 0, 0), (0, 0, 1e-6 * i)), deviation=12)
              for i in range(12)]
    initialiser, sightings, window = look_along(images, known())
    assert window is None
    assert initialiser.is_still
    for sighting in sightings:
        np.testing.assert_array_equal(sighting.T_camera_world, np.eye(4))


def test_minority_that_moves_does_not_move_a_standing_camera(poster: Image) -> None:
    images = []
    for index in range(8):
        image = view_of(poster, np.zeros(3), np.eye(4))
        image[80:280, 60 + 6 * index:220 + 6 * index] = poster[300:500, 300:460]
        images.append(image)
    initialiser, sightings, window = look_along(images, known())
    assert window is None
    assert initialiser.is_still
    np.testing.assert_array_equal(sightings[-1].T_camera_world, np.eye(4))


def test_slow_creep_is_not_still_for_ever(poster: Image) -> None:
    wall = np.array([0.0, 0.0, 1.0])
    path = [motion((0, 0, 0), (0.0004 * index, 0, 0)) for index in range(16)]    # 0.16 px a frame
    initialiser, _, _ = look_along([view_of(poster, wall, T) for T in path], known())
    assert not initialiser.is_still


@pytest.mark.parametrize('speed', [1, 4])
def test_wall_seen_at_a_slant_gives_the_true_one_of_its_two_explanations(
        poster: Image, speed: int) -> None:
    normal = np.array([0.45, 0.1, 0.9])
    path = [motion((0.0, 0.003 * i, 0.0), (0.012 * i, -0.002 * i, 0.006 * i))
            for i in range(0, 30, speed)]
    images = [view_of(poster, normal, T) for T in path]
    _, sightings, window = look_along(images, known())
    assert window is not None
    T_found, T_true = window.T_camera_world[-1], path[len(sightings)]
    assert angle_rad(T_found[:3, 3], T_true[:3, 3]) < 0.25
    assert np.linalg.norm(vector_from_rotation(T_found[:3, :3] @ T_true[:3, :3].T)) < 0.01


def test_map_of_a_room_has_the_room_s_shape() -> None:
    scene = RenderedScene(WIDTH, HEIGHT, FOCAL_PX, moving=False)
    frames = [scene.frame(index) for index in range(12)]
    images = [cv2.cvtColor(frame.image_rgb, cv2.COLOR_RGB2GRAY) for frame in frames]
    _, sightings, window = look_along(images, known())
    assert window is not None
    T_true = inverse(frames[len(sightings)].T_world_camera) @ frames[0].T_world_camera
    T_found = window.T_camera_world[-1]
    assert angle_rad(T_found[:3, 3], T_true[:3, 3]) < 0.2
    assert np.linalg.norm(vector_from_rotation(T_found[:3, :3] @ T_true[:3, :3].T)) < 0.01
    tracks = window.tracks
    anchored = tracks.first_frame == 0
    column, row = (tracks.points_px[anchored, 0] + [WIDTH / 2, HEIGHT / 2]).astype(int).T
    true_depth = frames[0].depth_m[row, column]
    assert np.corrcoef(np.log(tracks.inverse_depth[anchored]), -np.log(true_depth))[0, 1] > 0.6


def test_view_that_has_changed_altogether_is_not_seen(poster: Image) -> None:
    initialiser = Initialiser(DisFlow(), CAMERA, view_of(poster, np.zeros(3), np.eye(4)))
    other = np.ascontiguousarray(poster[-HEIGHT:, :WIDTH][::-1])
    assert initialiser.look(other, FOCAL_PX) is None


def test_remembered_views_stay_few(poster: Image) -> None:
    wall = np.array([0.0, 0.0, 1.0])
    path = [motion((0, 0, 0), (0.002 * index, 0, 0)) for index in range(60)]
    initialiser = Initialiser(DisFlow(), CAMERA, view_of(poster, wall, path[0]))
    for T in path[1:]:
        sighting = initialiser.look(view_of(poster, wall, T), FOCAL_PX)
        assert sighting is not None
        initialiser.geometries(sighting, FOCAL_PX)
        assert len(initialiser.views) < 10
