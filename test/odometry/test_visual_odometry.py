# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every estimate holds, whatever the camera sees."""

from clips import Clip, poses, run
import numpy as np
import pytest

from anycam_ros.geometry.se3 import (
    Array,
    from_rotation_translation,
    inverse,
    skew,
    so3_exp,
    so3_log,
    T_BODY_OPTICAL,
)
from anycam_ros.odometry import OdometryConfig, OdometryEstimate, TrackingState, VisualOdometry

Estimates = list[OdometryEstimate]


def test_first_frame_has_no_estimate_and_every_other_one_has(walk: Clip) -> None:
    odometry = VisualOdometry()
    assert odometry.process(walk.frame(0)) is None
    for index in range(1, 5):
        estimate = odometry.process(walk.frame(index))
        assert estimate is not None
        assert estimate.stamp_s == walk.frame(index).stamp_s


def test_same_frames_give_the_same_bytes(walk: Clip, walk_estimates: Estimates) -> None:
    again = run(walk.frames[:50])
    assert poses(again) == poses(walk_estimates[:49])
    last, before = again[-1], walk_estimates[48]
    assert last.pose_covariance.tobytes() == before.pose_covariance.tobytes()
    assert last.motion_mask.tobytes() == before.motion_mask.tobytes()
    assert last.uncertainty.tobytes() == before.uncertainty.tobytes()
    assert last.focal_log_probs.tobytes() == before.focal_log_probs.tobytes()


def test_locating_and_finishing_is_processing(walk: Clip, walk_estimates: Estimates) -> None:
    odometry = VisualOdometry()
    assert odometry.finish() is None
    assert odometry.locate(walk.frame(0)) is None
    assert odometry.finish() is None
    for index in range(1, 40):
        located, expected = odometry.locate(walk.frame(index)), walk_estimates[index - 1]
        assert located is not None
        finished = odometry.finish()
        assert finished is odometry.finish()
        assert finished is not None
        assert located.T_odom_camera.tobytes() == expected.T_odom_camera.tobytes()
        assert finished.T_odom_camera.tobytes() == expected.T_odom_camera.tobytes()
        assert finished.motion_mask.tobytes() == expected.motion_mask.tobytes()
        assert finished.uncertainty.tobytes() == expected.uncertainty.tobytes()
        assert finished.is_key_frame == expected.is_key_frame
        assert finished.timings_ms['total'] > located.timings_ms['total']
    assert located.status is TrackingState.TRACKING
    assert located.motion_mask is None


def test_frame_that_nobody_finishes_costs_the_next_ones_nothing(
        walk: Clip, walk_estimates: Estimates) -> None:
    odometry = VisualOdometry()
    found = [odometry.locate(walk.frame(index)) for index in range(40)]
    assert poses([estimate for estimate in found if estimate is not None]) \
        == poses(walk_estimates[:39])


def test_estimates_do_not_change_afterwards(walk: Clip) -> None:
    odometry = VisualOdometry()
    kept = run(walk.frames[:20], odometry)[-1]
    pose, covariance = kept.T_odom_camera.copy(), kept.pose_covariance.copy()
    run(walk.frames[20:30], odometry)
    np.testing.assert_array_equal(kept.T_odom_camera, pose)
    np.testing.assert_array_equal(kept.pose_covariance, covariance)
    kept.T_odom_camera[:] = 0       # nor does writing on an estimate reach the odometry
    assert np.linalg.det(run([walk.frame(30)], odometry)[-1].T_odom_camera) == pytest.approx(1)


def test_rotations_are_rotations(walk_estimates: Estimates) -> None:
    T = np.array([estimate.T_odom_camera for estimate in walk_estimates])
    R = T[:, :3, :3]
    np.testing.assert_allclose(R @ R.swapaxes(1, 2), np.broadcast_to(np.eye(3), R.shape),
                               atol=1e-12)
    np.testing.assert_array_equal(T[:, 3], np.broadcast_to([0, 0, 0, 1], (len(T), 4)))


def test_twist_is_the_motion_over_the_time(walk_estimates: Estimates) -> None:
    before, now = walk_estimates[40], walk_estimates[41]
    T = inverse(before.T_odom_camera) @ now.T_odom_camera
    elapsed_s = now.stamp_s - before.stamp_s
    np.testing.assert_allclose(now.twist[:3], T[:3, :3].T @ T[:3, 3] / elapsed_s, atol=1e-9)
    np.testing.assert_allclose(now.twist[3:], so3_log(T[:3, :3]) / elapsed_s,
                               atol=1e-9)


def test_covariances_are_symmetric_positive_and_the_pose_s_grows(
        walk_estimates: Estimates) -> None:
    """Before there is a map a turn may be a step; what the map shows of that is known again."""
    previous, volume = np.zeros(3), -np.inf
    for estimate in walk_estimates:
        for covariance in (estimate.pose_covariance, estimate.twist_covariance):
            np.testing.assert_allclose(covariance, covariance.T, atol=1e-12 * covariance.max())
            eigenvalues = np.linalg.eigvalsh(covariance)
            assert eigenvalues.min() > -1e-12 * eigenvalues.max()
        if estimate.status is not TrackingState.TRACKING:
            continue
        turns = np.diag(estimate.pose_covariance)[3:]
        assert (turns > previous).all()
        # On a way back to the start the position alone may become surer; all in all nothing does.
        assert np.linalg.slogdet(estimate.pose_covariance)[1] > volume
        previous, volume = turns, np.linalg.slogdet(estimate.pose_covariance)[1]


@pytest.mark.slow
def test_pose_covariance_is_that_of_chained_noisy_motions(walk_estimates: Estimates) -> None:
    """Each motion is blurred by its own covariance; the spread of the ends is measured."""
    tracking = [index for index, estimate in enumerate(walk_estimates)
                if estimate.status == TrackingState.TRACKING][:30]
    before = walk_estimates[tracking[0] - 1]
    chosen = [walk_estimates[index] for index in tracking]
    rng = np.random.default_rng(0)
    inflation = 10.0     # a wider blur averages nothing away and stays linear
    ends = np.array([_blurred_end(before, chosen, rng, inflation) for _ in range(1500)])
    spread = np.cov(ends.T) / inflation ** 2
    # What was unknown at the start of them is no part of the spread.
    way = np.eye(6)
    way[:3, 3:] = -skew(chosen[-1].T_odom_camera[:3, 3] - before.T_odom_camera[:3, 3])
    chained = chosen[-1].pose_covariance - way @ before.pose_covariance @ way.T
    stds = np.outer(*2 * (np.sqrt(np.diag(spread)),))
    np.testing.assert_allclose(chained / stds, spread / stds, atol=0.2)


def _blurred_end(before: OdometryEstimate, estimates: Estimates, rng: np.random.Generator,
                 inflation: float) -> Array:
    """Return by how much (linear, angular; axes of odom) the end is off for one draw of noise."""
    T, previous = before.T_odom_camera, before
    for estimate in estimates:
        elapsed_s = estimate.stamp_s - previous.stamp_s
        noise = inflation * elapsed_s * rng.multivariate_normal(
            np.zeros(6), estimate.twist_covariance)
        blur = from_rotation_translation(so3_exp(noise[3:]), noise[:3])
        T = T @ inverse(previous.T_odom_camera) @ estimate.T_odom_camera @ blur
        previous = estimate
    turn = so3_log(T[:3, :3] @ previous.T_odom_camera[:3, :3].T)
    return np.concatenate([T[:3, 3] - previous.T_odom_camera[:3, 3], turn])


def test_pictures_have_the_size_of_the_frame(walk_estimates: Estimates) -> None:
    last = walk_estimates[-1]
    assert (last.motion_mask.shape, last.motion_mask.dtype) == ((336, 448), np.uint8)
    assert set(np.unique(last.motion_mask)) == {0, 255}
    assert (last.uncertainty.shape, last.uncertainty.dtype) == ((336, 448), np.float32)
    assert last.uncertainty.min() >= 0
    assert np.isfinite(last.uncertainty).all()


def test_focal_distribution_is_over_the_candidates_of_the_raw_image(
        walk_estimates: Estimates) -> None:
    last = walk_estimates[-1]
    candidates = last.focal_candidates_px
    assert candidates.shape == last.focal_log_probs.shape == (32,)
    np.testing.assert_allclose(candidates[[0, -1]], [0.1 * 336, 3.5 * 336])
    assert np.exp(last.focal_log_probs).sum() == pytest.approx(1)
    likeliest = candidates[last.focal_log_probs.argmax()]
    assert likeliest == pytest.approx(last.intrinsics.fx, rel=0.15)


@pytest.mark.slow
def test_without_refinement_there_is_still_a_pose_per_frame(walk: Clip) -> None:
    estimates = run(walk.frames[:40], VisualOdometry(OdometryConfig(refine='none')))
    assert len(estimates) == 39
    assert estimates[-1].status == TrackingState.TRACKING


def test_reset_returns_to_the_origin(walk: Clip, walk_estimates: Estimates) -> None:
    odometry = VisualOdometry()
    run(walk.frames[40:60], odometry)
    odometry.reset()
    assert odometry.process(walk.frame(0)) is None
    after = run(walk.frames[1:20], odometry)
    assert poses(after) == poses(walk_estimates[:19])
    np.testing.assert_array_equal(after[0].T_odom_camera[:3, 3], 0)


def test_odom_has_body_axes_at_the_first_view(walk_estimates: Estimates) -> None:
    first = walk_estimates[0].T_odom_camera
    np.testing.assert_allclose(first[:3, :3], T_BODY_OPTICAL[:3, :3], atol=0.05)
    assert walk_estimates[0].scale_source == 'none'
