# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What refinement moved reaches the output in full, slowly, and only while the camera moves."""

import numpy as np
import pytest
from simulated_views import motion

from anycam_ros.frontend.common.pending_correction import PendingCorrection
from anycam_ros.geometry.se3 import Array, inverse, so3_log

STEP = motion((0.004, -0.01, 0.002), (0.02, 0.005, -0.01))
CORRECTION = motion((0.01, 0.02, -0.015), (0.05, -0.03, 0.02))
INVERSE_DEPTH = 0.5


def pending_correction(T_correction: Array = CORRECTION) -> PendingCorrection:
    """Return what is pending after refinement moved the camera, seen from where it was."""
    T_camera_world = motion((0.3, 0.1, -0.2), (1.0, 2.0, 3.0))
    out = PendingCorrection()
    out.add(T_camera_world, inverse(T_correction) @ T_camera_world)
    return out


def extra(applied: Array, step: Array) -> tuple[float, float]:
    """Return by how much (length, angle) an output differs from the motion itself."""
    T = applied @ inverse(step)
    return float(np.linalg.norm(T[:3, 3])), float(np.linalg.norm(so3_log(T[:3, :3])))


def test_nothing_pending_changes_nothing() -> None:
    np.testing.assert_allclose(PendingCorrection().apply(STEP, INVERSE_DEPTH), STEP, atol=1e-15)


def test_all_of_it_is_paid_in_the_end() -> None:
    pending, T_output, T_true = pending_correction(), np.eye(4), CORRECTION.copy()
    for _ in range(400):
        T_output, T_true = T_output @ pending.apply(STEP, INVERSE_DEPTH), T_true @ STEP
    np.testing.assert_allclose(T_output, T_true, atol=1e-9)
    np.testing.assert_allclose(pending.apply(STEP, INVERSE_DEPTH), STEP, atol=1e-12)


def test_corrections_add_up_on_the_way() -> None:
    pending, T_output, T_true = pending_correction(), np.eye(4), CORRECTION.copy()
    T_second = motion((0.0, -0.01, 0.0), (0.0, 0.02, 0.0))
    for index in range(400):
        if index == 7:
            T_here = motion((0.1, 0.0, 0.0), (5.0, 0.0, 0.0))
            pending.add(T_here, inverse(T_second) @ T_here)
            T_true = T_true @ T_second
        T_output, T_true = T_output @ pending.apply(STEP, INVERSE_DEPTH), T_true @ STEP
    np.testing.assert_allclose(T_output, T_true, atol=1e-9)


def test_payment_stays_a_share_of_the_motion() -> None:
    """Motion counts as the image shows it: a turn, plus a step over the scene's depth."""
    pending = pending_correction(motion((0.5, 0.4, -0.3), (2.0, -1.0, 1.0)))
    moved_rad = np.linalg.norm(so3_log(STEP[:3, :3])) \
        + INVERSE_DEPTH * np.linalg.norm(STEP[:3, 3])
    for _ in range(50):
        length, angle_rad = extra(pending.apply(STEP, INVERSE_DEPTH), STEP)
        assert length < 0.5 * moved_rad / INVERSE_DEPTH
        assert angle_rad < 0.5 * moved_rad
        assert length > 0


def test_small_correction_is_not_applied_at_once() -> None:
    pending = pending_correction(motion((0.0, 1e-4, 0.0), (1e-4, 0.0, 0.0)))
    length, angle_rad = extra(pending.apply(STEP, INVERSE_DEPTH), STEP)
    assert length < 0.5e-4
    assert angle_rad < 0.5e-4


def test_nothing_is_applied_while_stationary() -> None:
    pending = pending_correction()
    for _ in range(100):
        np.testing.assert_allclose(pending.apply(np.eye(4), INVERSE_DEPTH), np.eye(4), atol=1e-15)
    length, _ = extra(pending.apply(STEP, INVERSE_DEPTH), STEP)
    assert length > 0      # but it is not forgotten


def test_forgotten_correction_is_never_applied() -> None:
    pending = pending_correction()
    pending.forget()
    np.testing.assert_allclose(pending.apply(STEP, INVERSE_DEPTH), STEP, atol=1e-15)


@pytest.mark.parametrize('count', [1000])
def test_outputs_stay_rigid_over_a_long_run(count: int) -> None:
    pending, T_output = PendingCorrection(), np.eye(4)
    for index in range(count):
        if index % 10 == 0:
            pending.add(np.eye(4), inverse(CORRECTION) if index % 20 else CORRECTION)
        T_output = T_output @ pending.apply(STEP, INVERSE_DEPTH)
    R = T_output[:3, :3]
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-10)
