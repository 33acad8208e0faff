# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network sees of a known camera is what the one that it assumes would take."""

from dataclasses import replace

from clips import HEIGHT, render_clip, WIDTH, working_image
import cv2
import numpy as np
import pytest
from small_network import make_small_network
import torch

from anycam_ros.flow.dis import DisFlow
from anycam_ros.frontend.network.front_end import NetworkFrontEnd, NetworkOptions
from anycam_ros.frontend.network.rectification import Rectification, rectification_of
from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.simulation.rendered_scene import hand_held

BARREL = Intrinsics(WIDTH, HEIGHT, 400.0, 396.0, 220.0, 171.0, (-0.2, 0.05, 0.001, -0.002))
FISHEYE = replace(BARREL, distortion=(-0.05, 0.01, 0.0, 0.0), distortion_model='equidistant')
OFF_CENTRE = replace(BARREL, distortion=())
IDEAL = Intrinsics(WIDTH, HEIGHT, 400.0, 400.0, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)
CAMERAS = (BARREL, FISHEYE, OFF_CENTRE)


def smooth_picture() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize('camera', CAMERAS)
def test_points_of_the_scene_lie_where_a_pinhole_camera_has_them(camera: Intrinsics) -> None:
    rectification = Rectification(ProcessingCamera(camera, is_calibrated=True))
    rays = np.random.default_rng(0).uniform((-0.4, -0.3), (0.4, 0.3), (40, 2))
    raw_px = ProcessingCamera(camera, is_calibrated=True).image_px(rays * camera.fx)
    ideal_px = rays * IDEAL.fx + (IDEAL.cx, IDEAL.cy)
    assert np.linalg.norm(raw_px - ideal_px, axis=1).max() > 3
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    for axis, image in enumerate((x, y)):
        found = rectification.depth(image.astype(np.float32))
        for raw, ideal in zip(raw_px, np.round(ideal_px).astype(int), strict=True):
            # The nearest pixel; the ideal position was rounded, too.
            assert found[ideal[1], ideal[0]] == pytest.approx(raw[axis], abs=1.2)


@pytest.mark.parametrize('camera', CAMERAS)
def test_the_way_back_undoes_it(camera: Intrinsics) -> None:
    rectification = Rectification(ProcessingCamera(camera, is_calibrated=True))
    picture = smooth_picture()
    there = rectification.picture(picture)
    back = rectification.back(there[..., 1].astype(np.float32))
    inner = (slice(30, -30), slice(30, -30))
    assert np.abs(there[inner].astype(int) - picture[inner]).mean() > 5
    assert np.abs(back[inner] - picture[..., 1][inner]).mean() < 1


def test_only_cameras_that_are_known_to_differ_are_changed() -> None:
    nearly = replace(IDEAL, fy=IDEAL.fx * 1.001, cx=IDEAL.cx + 0.5)
    for camera, is_calibrated in ((IDEAL, True), (nearly, True), (BARREL, False)):
        assert rectification_of(ProcessingCamera(camera, is_calibrated)) is None
    for camera in (*CAMERAS, replace(IDEAL, fy=410.0), replace(IDEAL, cy=IDEAL.cy + 3)):
        assert rectification_of(ProcessingCamera(camera, is_calibrated=True)) is not None


def test_the_odometry_by_the_network_is_that_of_the_undistorted_camera() -> None:
    clip = render_clip(hand_held, 4, moving=False)
    raw, ideal = (NetworkFrontEnd(
        make_small_network(), ProcessingCamera(camera, is_calibrated=True), DisFlow(),
        torch.device('cpu'), NetworkOptions(refines=False)) for camera in (BARREL, IDEAL))
    rectification = Rectification(ProcessingCamera(BARREL, is_calibrated=True))
    for rendered in clip.rendered:
        found = raw.process(working_image(rendered.image_rgb), rendered.stamp_s, rendered.depth_m)
        picture = working_image(rectification.picture(rendered.image_rgb))
        expected = ideal.process(picture, rendered.stamp_s, rectification.depth(rendered.depth_m))
    assert np.linalg.norm(found.T_previous_camera[:3, 3]) > 1e-3
    np.testing.assert_array_equal(found.T_previous_camera, expected.T_previous_camera)
    assert found.uncertainty_px is not None
    assert expected.uncertainty_px is not None
    np.testing.assert_allclose(found.uncertainty_px, rectification.back(expected.uncertainty_px))
    assert found.motion_mask is not None
    np.testing.assert_array_equal(found.motion_mask > 0,
                                  found.uncertainty_px > 0.01 * HEIGHT / 2)
