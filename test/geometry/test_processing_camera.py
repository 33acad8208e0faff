# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Centred positions undo what OpenCV's projection does to points."""

import cv2
import numpy as np
import pytest

from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array

# The first is that of a real camera (fr1 of the TUM RGB-D benchmark).
LENSES = {
    'plumb_bob': (0.2624, -0.9531, -0.0054, 0.0026, 1.1633),
    'rational_polynomial': (0.4, -0.3, 0.001, -0.002, 0.1, 0.6, -0.25, 0.05),
    'equidistant': (-0.02, 0.01, -0.004, 0.001)}


def camera(model: str = 'plumb_bob', distortion: tuple[float, ...] = ()) -> Intrinsics:
    return Intrinsics(640, 480, 517.3, 516.5, 318.6, 255.3, distortion, model)


@pytest.fixture
def points() -> Array:
    """Return points (N, 3) that fill the view of 64 by 50 degrees."""
    x, y = np.meshgrid(np.linspace(-0.58, 0.58, 13), np.linspace(-0.45, 0.42, 11))
    return np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3) * 2.5


def projected(points: Array, lens: Intrinsics) -> Array:
    project = cv2.fisheye.projectPoints if lens.distortion_model == 'equidistant' \
        else cv2.projectPoints
    pixels, _ = project(points.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), lens.matrix,
                        np.array(lens.distortion))
    return np.asarray(pixels.reshape(-1, 2))


@pytest.mark.parametrize('model', LENSES)
def test_distortion_is_undone(model: str, points: Array) -> None:
    lens = camera(model, LENSES[model])
    centred = ProcessingCamera(lens, True).undistorted_px(projected(points, lens))
    expected = lens.fx * points[:, :2] / points[:, 2:]
    np.testing.assert_allclose(centred, expected, atol=0.05)
    undistorted = ProcessingCamera(camera(), True).undistorted_px(projected(points, lens))
    assert np.abs(undistorted - expected).max() > 3     # the lens did matter


def test_without_distortion_pixels_are_made_square(points: Array) -> None:
    lens = Intrinsics(640, 480, 500.0, 400.0, 300.0, 250.0)
    for is_calibrated in (True, False):
        centred = ProcessingCamera(lens, is_calibrated).undistorted_px(
            points[:, :2] / points[:, 2:] * [500, 400] + [300, 250])
        np.testing.assert_allclose(centred, 500 * points[:, :2] / points[:, 2:], atol=1e-9)


def test_any_number_of_axes_comes_back() -> None:
    lens = ProcessingCamera(camera('plumb_bob', LENSES['plumb_bob']), True)
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(6.0)), axis=-1)
    np.testing.assert_array_equal(lens.undistorted_px(grid)[3, 5],
                                  lens.undistorted_px(grid[3, 5][None])[0])


@pytest.mark.parametrize('model', LENSES)
def test_pixels_of_centred_positions_are_those_of_the_lens(model: str, points: Array) -> None:
    lens = camera(model, LENSES[model])
    expected = projected(points, lens)
    found = ProcessingCamera(lens, True).image_px(lens.fx * points[:, :2] / points[:, 2:])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    uncalibrated = ProcessingCamera(Intrinsics(640, 480, 500.0, 400.0, 300.0, 250.0), False)
    there = uncalibrated.undistorted_px(expected)
    np.testing.assert_allclose(uncalibrated.image_px(there), expected)


@pytest.mark.parametrize('model', LENSES)
def test_no_positions_are_no_positions(model: str) -> None:
    lens = ProcessingCamera(camera(model, LENSES[model]), is_calibrated=True)
    assert lens.undistorted_px(np.zeros((0, 2))).shape == (0, 2)
    assert lens.image_px(np.zeros((0, 2))).shape == (0, 2)


def test_scale_leads_back_to_the_raw_image() -> None:
    raw = camera()
    working = ProcessingCamera(raw.resized(448, 336), True)
    assert working.intrinsics.fx * working.scale_to(640) == pytest.approx(raw.fx)
