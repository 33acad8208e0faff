# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A covered lens, a blank wall, a cut, another camera: said at once, and survived."""

from clips import Clip, positions, run, with_picture
import cv2
import numpy as np
import pytest

from anycam_ros.odometry import Frame, OdometryEstimate, TrackingState, VisualOdometry

pytestmark = pytest.mark.slow

Estimates = list[OdometryEstimate]
BEFORE, COVERED, AFTER = 40, 20, 30


def blank(level: int) -> np.ndarray:
    """Return what a covered or blinded sensor delivers: one level and noise."""
    noise = np.random.default_rng(level).normal(0, 1.5, (336, 448, 3))
    return np.clip(level + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope='module')
def interrupted(walk: Clip) -> Estimates:
    """Return a walk whose lens is covered for 20 frames while the camera waits."""
    frames = [walk.frame(min(index, max(BEFORE - 1, index - COVERED)), index / 30)
              for index in range(BEFORE + COVERED + AFTER)]
    frames[BEFORE:BEFORE + COVERED] = [
        with_picture(frame, blank(3)) for frame in frames[BEFORE:BEFORE + COVERED]]
    return run(frames)


def test_covered_lens_is_lost_at_once_and_says_why(interrupted: Estimates) -> None:
    covered = interrupted[BEFORE - 1:BEFORE + COVERED - 1]
    assert all(estimate.status == TrackingState.LOST for estimate in covered)
    assert all('covered or too dark' in estimate.reason for estimate in covered)
    assert all(estimate.motion_mask is None for estimate in covered)


def test_lost_estimates_hold_the_pose_with_a_wide_covariance(interrupted: Estimates) -> None:
    last_seen, lost = interrupted[BEFORE - 2], interrupted[BEFORE - 1]
    np.testing.assert_array_equal(lost.T_odom_camera, last_seen.T_odom_camera)
    np.testing.assert_array_equal(lost.twist, 0)
    known, unknown = (np.diag(estimate.pose_covariance) for estimate in (last_seen, lost))
    assert (unknown > known + 0.1).all()
    assert (np.diag(interrupted[BEFORE].pose_covariance) > unknown).all()


def test_uncovered_lens_tracks_on_from_where_it_was(
        interrupted: Estimates, walk_estimates: Estimates) -> None:
    after = interrupted[BEFORE + COVERED - 1:]
    assert after[0].status != TrackingState.LOST
    assert all(estimate.status == TrackingState.TRACKING for estimate in after[1:])
    undisturbed = positions(walk_estimates)[BEFORE - 1:BEFORE - 1 + AFTER]
    way = np.linalg.norm(np.diff(undisturbed, axis=0), axis=1).sum()
    assert np.linalg.norm(positions(after) - undisturbed, axis=1).max() < 0.1 * way


def test_twist_after_an_interruption_is_that_of_the_camera(
        interrupted: Estimates, walk_estimates: Estimates) -> None:
    """The motion since the last view is spread over the time since the last view."""
    fastest = max(np.linalg.norm(estimate.twist[:3]) for estimate in walk_estimates)
    for estimate in interrupted:
        assert np.linalg.norm(estimate.twist[:3]) < 2 * fastest
        assert np.linalg.norm(estimate.twist[3:]) < 2


def test_motion_behind_a_covered_lens_does_not_look_like_a_leap(walk: Clip) -> None:
    covered = range(40, 46)
    frames = [with_picture(frame, blank(3)) if index in covered else frame
              for index, frame in enumerate(walk.frames[:55])]
    estimates = run(frames)
    normal = max(np.linalg.norm(estimate.twist[:3]) for estimate in estimates[30:38])
    back = estimates[45]
    assert back.status != TrackingState.LOST
    assert np.linalg.norm(back.twist[:3]) < 2 * normal


def test_view_of_elsewhere_is_lost_then_a_new_map_starts_without_a_jump(walk: Clip) -> None:
    elsewhere = [with_picture(walk.frame(index), np.ascontiguousarray(cv2.rotate(
        walk.frame(index).image_rgb, cv2.ROTATE_180))) for index in range(90)]
    estimates = run([*walk.frames[:30], *elsewhere[30:90]])
    statuses = [estimate.status for estimate in estimates]
    assert statuses[29] == TrackingState.LOST
    assert statuses[-1] == TrackingState.TRACKING
    found, true = (np.linalg.norm(np.diff(points, axis=0), axis=1)
                   for points in (positions(estimates), walk.positions_m[1:]))
    assert found[28:].max() < 6 * found[:28].max()
    scale = [np.median(found[part] / true[part]) for part in (slice(10, 28), slice(-20, None))]
    assert 1 / 3 < scale[1] / scale[0] < 3


def test_restart_goes_on_from_the_pose_with_another_camera(walk: Clip) -> None:
    odometry = VisualOdometry()
    before = run(walk.frames[:40], odometry)[-1]
    odometry.restart()
    small = [Frame(index / 30, cv2.resize(walk.frame(index).image_rgb, (320, 240),
                                          interpolation=cv2.INTER_AREA))
             for index in range(40, 60)]      # the clock may go back, too
    assert odometry.process(small[0]) is None
    after = run(small[1:], odometry)
    assert np.linalg.norm(after[0].T_odom_camera - before.T_odom_camera) < 0.05
    assert after[-1].motion_mask.shape == (240, 320)
    assert after[-1].intrinsics.width == 320
    assert np.diag(after[-1].pose_covariance)[3:].min() \
        > np.diag(before.pose_covariance)[3:].min()
