# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refinement behind the network: tracks and depth pull a bad path towards the true one."""

from itertools import pairwise

from clips import Clip, render_clip
import numpy as np
import pytest

from anycam_ros.flow.dis import DisFlow
from anycam_ros.frontend.network.keyframe_refinement import (
    KeyFrame,
    KeyframeRefinement,
    STRIDE,
    WINDOW,
)
from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    so3_exp,
)
from anycam_ros.simulation.rendered_scene import hand_held

FRAMES = STRIDE * (WINDOW + 3)
CERTAIN_PX = 0.1


@pytest.fixture(scope='module')
def clip() -> Clip:
    return render_clip(hand_held, FRAMES, moving=False)


def steps(path: list[Array]) -> list[Array]:
    return [inverse(before) @ after for before, after in pairwise(path)]


def errors(found: list[Array], true: list[Array]) -> float:
    return float(np.mean([np.linalg.norm((inverse(T) @ T_true)[:3, 3])
                          for T, T_true in zip(steps(found), steps(true), strict=True)]))


def test_refined_steps_are_nearer_to_the_true_ones(clip: Clip) -> None:
    rng = np.random.default_rng(0)
    camera = clip.intrinsics
    window = KeyframeRefinement(DisFlow(), (camera.cx, camera.cy))
    true = [clip.rendered[index].T_world_camera for index in range(0, FRAMES, STRIDE)]
    refined, drifting = [true[0]], [true[0]]
    for index, step in zip(range(0, FRAMES, STRIDE), [np.eye(4), *steps(true)], strict=True):
        rendered = clip.rendered[index]
        noise = np.eye(4) if index == 0 else from_rotation_translation(
            so3_exp(rng.normal(0, 0.004, 3)), rng.normal(0, 0.01, 3))
        T_world_camera = refined[-1] @ step @ noise
        drifting.append(drifting[-1] @ step @ noise)
        uncertainty_px = np.full(rendered.depth_m.shape, CERTAIN_PX, np.float32)
        refined.append(window.add(
            KeyFrame(rendered.stamp_s, rendered.image_rgb, rendered.depth_m, uncertainty_px,
                     T_world_camera), camera.fx))
    assert errors(refined[1:], true) < 0.4 * errors(drifting[1:], true)


def test_every_third_frame_is_a_key_frame() -> None:
    window = KeyframeRefinement(DisFlow(), (10.0, 10.0))
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    taken = []
    for _ in range(8):
        window.count_frame()
        taken.append(window.needs_key_frame)
        if taken[-1]:
            window.add(KeyFrame(0.0, image, np.ones((64, 64), np.float32),
                                np.zeros((64, 64), np.float32), np.eye(4)), 50.0)
    assert taken == [True, False, False, True, False, False, True, False]


def test_uncertain_pictures_leave_the_path_as_it_is(clip: Clip) -> None:
    window = KeyframeRefinement(DisFlow(), (clip.intrinsics.cx, clip.intrinsics.cy))
    for index in range(0, 4 * STRIDE, STRIDE):
        rendered = clip.rendered[index]
        unsure_px = np.full(rendered.depth_m.shape, 100.0, np.float32)
        kept = window.add(
            KeyFrame(rendered.stamp_s, rendered.image_rgb, rendered.depth_m, unsure_px,
                     rendered.T_world_camera), clip.intrinsics.fx)
        np.testing.assert_array_equal(kept, rendered.T_world_camera)


def test_depth_holds_the_scale_of_the_path(clip: Clip) -> None:
    camera = clip.intrinsics
    window = KeyframeRefinement(DisFlow(), (camera.cx, camera.cy))
    frames = [clip.rendered[index] for index in range(0, WINDOW * STRIDE, STRIDE)]
    path: list[Array] = []
    for number, rendered in enumerate(frames):
        step = np.eye(4) if number == 0 else inverse(
            frames[number - 1].T_world_camera) @ rendered.T_world_camera
        step[:3, 3] *= 1.3
        T_world_camera = path[-1] @ step if path else rendered.T_world_camera
        uncertainty_px = np.full(rendered.depth_m.shape, CERTAIN_PX, np.float32)
        path.append(window.add(
            KeyFrame(rendered.stamp_s, rendered.image_rgb, rendered.depth_m, uncertainty_px,
                     T_world_camera), camera.fx))
    length, true_length = (np.linalg.norm(T_last[:3, 3] - T_first[:3, 3]) for T_last, T_first in (
        (path[-1], path[0]), (frames[-1].T_world_camera, frames[0].T_world_camera)))
    assert length / true_length == pytest.approx(1.0, abs=0.08)


def test_refined_past_outlasts_the_window_and_a_new_one(clip: Clip) -> None:
    camera = clip.intrinsics
    window = KeyframeRefinement(DisFlow(), (camera.cx, camera.cy))
    frames = clip.rendered[::STRIDE]
    for number, rendered in enumerate(frames):
        if number == WINDOW + 2:
            window.clear()
        uncertainty_px = np.full(rendered.depth_m.shape, CERTAIN_PX, np.float32)
        window.add(KeyFrame(rendered.stamp_s, rendered.image_rgb, rendered.depth_m,
                            uncertainty_px, rendered.T_world_camera), camera.fx)
    past = window.refined_trajectory(frames[-1].T_world_camera)
    assert [pose.stamp_s for pose in past] == [rendered.stamp_s for rendered in frames]
    for pose, rendered in zip(past, frames, strict=True):
        T_true = inverse(frames[-1].T_world_camera) @ rendered.T_world_camera
        np.testing.assert_allclose(pose.T_camera_past, T_true, atol=0.02)
