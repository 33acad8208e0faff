# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ground is found in two images of it, whatever the first guess, and nowhere else."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array, from_rotation_translation, so3_exp
from anycam_ros.odometry.scale.ground_plane import GroundAlignment, GroundFit

CAMERA = Intrinsics.centred(448, 336, 400.0)
HEIGHT = 0.3                     # in units of the motion
STEP = from_rotation_translation(so3_exp(np.array([0.01, -0.02, 0.0])),
                                 np.array([0.01, 0.0, -0.15]))
"""The second camera stands 0.15 further back: points of the first one in the second's axes."""


FURTHEST = 12.0


def plane(height: float, pitch_rad: float = 0.0) -> Array:
    """Return the ground below a camera that looks down by the pitch."""
    return np.array([0.0, np.cos(pitch_rad), np.sin(pitch_rad)]) / height


def asphalt() -> np.ndarray:
    """Return a picture of little contrast."""
    rng = np.random.default_rng(0)
    grey = cv2.GaussianBlur(rng.standard_normal((336, 448)), (0, 0), 2.0)
    return np.asarray(120 + 10 * grey / grey.std(), np.uint8)


def carried_over(image: np.ndarray, seen: Array) -> np.ndarray:
    """Return what the second camera sees of a plane that the first one sees as the image."""
    homography = CAMERA.matrix @ (STEP[:3, :3] + np.outer(STEP[:3, 3], seen)) \
        @ np.linalg.inv(CAMERA.matrix)
    return cv2.warpPerspective(image, homography, image.shape[::-1],
                               borderMode=cv2.BORDER_REFLECT)


def fitted(truth: Array, guess: Array, gain: float = 1.0) -> GroundFit | None:
    first = asphalt()
    second = carried_over(first, truth) * gain + np.random.default_rng(1).normal(0, 1, first.shape)
    alignment = GroundAlignment(first, np.clip(second, 0, 255).astype(np.uint8), STEP,
                                CAMERA.fx, ProcessingCamera(CAMERA, is_calibrated=True))
    return alignment.fit(guess, FURTHEST)


@pytest.mark.parametrize('pitch_rad', [0.0, 0.1, 0.4])
@pytest.mark.parametrize('guess', [0.9, 1.1])
def test_height_and_slope(pitch_rad: float, guess: float) -> None:
    truth = plane(HEIGHT, pitch_rad)
    fit = fitted(truth, plane(guess * HEIGHT, pitch_rad))
    assert fit is not None
    assert fit.height == pytest.approx(HEIGHT, rel=0.01)
    assert fit.normal == pytest.approx(truth * HEIGHT, abs=0.01)
    assert fit.correlation > 0.95
    assert abs(np.log(fit.height / HEIGHT)) < 4 * fit.relative_std < 0.1


def test_brightness_that_changes_from_image_to_image() -> None:
    fit = fitted(plane(HEIGHT), plane(1.05 * HEIGHT), gain=0.8)
    assert fit is not None
    assert fit.height == pytest.approx(HEIGHT, rel=0.02)


def test_ground_without_texture_tells_no_height() -> None:
    grey = np.full((336, 448), 100, np.uint8)
    alignment = GroundAlignment(grey, grey, STEP, CAMERA.fx,
                                ProcessingCamera(CAMERA, is_calibrated=True))
    fit = alignment.fit(plane(HEIGHT), FURTHEST)
    assert fit is not None
    assert fit.relative_std > 1
    assert fit.correlation < 0.5


def test_a_wall_is_no_ground() -> None:
    wall = np.array([0.0, 0.0, 1.0]) / (4 * HEIGHT)
    fit = fitted(wall, plane(HEIGHT))
    assert fit is not None
    assert fit.normal[2] > 0.9


@pytest.mark.parametrize('pitch_rad', [-0.5, -1.5])
@pytest.mark.parametrize('distortion', [(), (-0.2, 0.1, 0.0, 0.0)])
def test_no_ground_in_view(pitch_rad: float, distortion: tuple[float, ...]) -> None:
    camera = ProcessingCamera(replace(CAMERA, distortion=distortion), is_calibrated=True)
    guess = plane(HEIGHT, pitch_rad)
    alignment = GroundAlignment(asphalt(), asphalt(), STEP, CAMERA.fx, camera)
    assert alignment.fit(guess, FURTHEST) is None
    assert alignment.correlation(guess, FURTHEST) == -1.0
