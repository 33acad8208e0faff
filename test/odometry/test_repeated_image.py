# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An image that comes again hides motion, and the covariance says so."""

import numpy as np

from anycam_ros.frontend.motion_estimate import MotionEstimate, TrackingState
from anycam_ros.frontend.reason import NO_REASON
from anycam_ros.geometry.se3 import from_rotation_translation, so3_exp
from anycam_ros.odometry.repeated_image import RepeatedImage

IMAGES = np.random.default_rng(0).integers(0, 255, (6, 12, 16), np.uint8)
STEP, TURN = np.array([0.03, 0.0, 0.04]), np.array([0.0, 0.02, 0.0])
SURE = 1e-8 * np.eye(6)


def motion(frames: float) -> MotionEstimate:
    """Return so many frames' worth of a steady motion."""
    return MotionEstimate(
        status=TrackingState.TRACKING, reason=NO_REASON, elapsed_s=0.1, covariance=SURE,
        T_previous_camera=from_rotation_translation(so3_exp(frames * TURN), frames * STEP))


def linear_std(watch: RepeatedImage, image: np.ndarray, frames: float) -> float:
    """Return the standard deviation (root of the trace) of the step to an image."""
    return float(np.sqrt(np.trace(watch.allow_for(image, motion(frames)).covariance[:3, :3])))


def test_new_images_hide_nothing() -> None:
    watch = RepeatedImage()
    for image in IMAGES:
        np.testing.assert_array_equal(watch.allow_for(image, motion(1)).covariance, SURE)


def test_repeated_image_hides_a_step_and_the_next_shows_two() -> None:
    watch = RepeatedImage()
    linear_std(watch, IMAGES[0], 1)
    length = float(np.linalg.norm(STEP))
    assert abs(linear_std(watch, IMAGES[0].copy(), 0) - length) < 0.01 * length
    assert abs(linear_std(watch, IMAGES[1], 2) - length) < 0.01 * length
    assert linear_std(watch, IMAGES[2], 1) < 0.01 * length


def test_camera_that_rests_before_a_noiseless_recorder_is_sure_to_rest() -> None:
    watch = RepeatedImage()
    linear_std(watch, IMAGES[0], 1)
    stds = [linear_std(watch, IMAGES[0], 0) for _ in range(20)]
    assert max(stds[2:]) < 0.01 * stds[0]
