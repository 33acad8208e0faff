# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The covariance of the pose grows with the way, and not while the camera rests."""

from dataclasses import replace

import numpy as np

from anycam_ros.evaluation.consistency import Motion, normalised_errors
from anycam_ros.frontend.motion_estimate import lost, MotionEstimate, TrackingState
from anycam_ros.frontend.reason import NO_REASON
from anycam_ros.geometry.se3 import Array, from_rotation_translation, inverse, so3_exp
from anycam_ros.odometry.pose_integrator import PoseIntegrator

STEP = from_rotation_translation(so3_exp(np.array([0.0, 0.1, 0.0])), np.array([0.1, 0.0, 0.3]))
STD = np.array([0.02, 0.01, 0.03, 0.004, 0.002, 0.006])
UNKNOWN_SCALE = np.inf


def found(T_previous_camera: Array, std: Array = STD,
          status: TrackingState = TrackingState.TRACKING) -> MotionEstimate:
    return MotionEstimate(
        status=status, reason=NO_REASON, elapsed_s=0.1,
        T_previous_camera=T_previous_camera, covariance=np.diag(std ** 2))


def integrator() -> PoseIntegrator:
    return PoseIntegrator(np.eye(4), np.zeros((6, 6)))


def test_pose_grows_by_the_sum_of_the_motions() -> None:
    """So the error over frames is judged alike by pose covariances and by those of twists."""
    rng, motions, errors = np.random.default_rng(0), [], []
    for _ in range(400):
        pose, T_true, on_end = integrator(), np.eye(4), []
        for _ in range(8):
            error = rng.normal(size=6) * STD
            T = STEP @ from_rotation_translation(so3_exp(error[3:]), error[:3])
            pose.append(found(T))
            T_true = T_true @ STEP
            on_end.append(Motion(T, np.diag(STD ** 2), STEP))
        motions.append(normalised_errors(on_end, 8, 1.0).all[0])
        turn = pose.T_odom_camera[:3, :3] @ T_true[:3, :3].T
        error = np.concatenate([pose.T_odom_camera[:3, 3] - T_true[:3, 3],
                                0.5 * np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0],
                                                turn[1, 0] - turn[0, 1]])])
        errors.append(error @ np.linalg.solve(pose.covariance(UNKNOWN_SCALE), error) / 6)
    assert abs(np.mean(errors) - 1) < 0.15
    assert abs(np.mean(motions) - 1) < 0.15


def test_camera_at_rest_is_as_sure_after_an_hour_as_after_a_frame() -> None:
    pose = integrator()
    pose.append(found(STEP))
    pose.append(found(np.eye(4)))
    first = pose.covariance(UNKNOWN_SCALE)
    for _ in range(100):
        pose.append(found(STEP @ inverse(STEP)))
    np.testing.assert_allclose(pose.covariance(UNKNOWN_SCALE), first, atol=1e-15)


def test_errors_add_up_again_once_it_moves() -> None:
    rested, went_on = integrator(), integrator()
    for motion in (STEP, np.eye(4), np.eye(4), STEP):
        rested.append(found(motion))
    for motion in (STEP, np.eye(4), STEP):
        went_on.append(found(motion))
    np.testing.assert_allclose(rested.covariance(UNKNOWN_SCALE), went_on.covariance(UNKNOWN_SCALE))


def test_turns_that_a_map_explains_leave_what_else_is_unsure() -> None:
    turn_rad = 0.1
    turn = from_rotation_translation(so3_exp(np.array([0.0, turn_rad, 0.0])), np.zeros(3))
    surely, perhaps = integrator(), integrator()
    for frames in range(1, 4):
        surely.append(found(turn))
        doubt = found(turn, np.hypot(STD, [0, 0, 0, turn_rad, turn_rad, turn_rad]),
                      TrackingState.INITIALIZING)
        perhaps.append(replace(
            doubt, explained_turn_rad2=frames * turn_rad ** 2 if frames == 3 else 0.0))
    np.testing.assert_allclose(perhaps.covariance(UNKNOWN_SCALE),
                               surely.covariance(UNKNOWN_SCALE), atol=1e-12)


def test_pose_that_is_set_before_turns_are_explained_stays_as_sure_as_it_was() -> None:
    pose = PoseIntegrator(np.eye(4), np.diag(STD ** 2))
    pose.append(replace(found(np.eye(4)), explained_turn_rad2=0.5))
    assert np.linalg.eigvalsh(pose.covariance(UNKNOWN_SCALE)).min() > 0


def test_lost_frames_are_no_rest() -> None:
    pose, variances = integrator(), []
    for _ in range(3):
        pose.append(lost(NO_REASON))
        variances.append(pose.covariance(UNKNOWN_SCALE)[0, 0])
    np.testing.assert_allclose(np.diff(variances), variances[0])
