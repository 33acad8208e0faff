# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry by the network, from frames to estimates, with random weights."""

from dataclasses import replace
from pathlib import Path

from clips import Clip, run
import cv2
import numpy as np
import pytest

from anycam_ros.errors import WeightsError
from anycam_ros.odometry import Frame, OdometryConfig, TrackingState, VisualOdometry, warm_up
from anycam_ros.odometry.cloud import frame_cloud

pytestmark = pytest.mark.slow

torch = pytest.importorskip('torch', reason='PyTorch is not installed')
pytest.importorskip('safetensors', reason='safetensors is not installed')

FRAMES = 7


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> OdometryConfig:
    """Return a configuration with a network small enough for a test."""
    from anycam_ros.networks.anycam import AnyCam, NetworkConfig, save_checkpoint

    torch.manual_seed(1)
    network = AnyCam(NetworkConfig(
        position_grid=5, channels=16, layers=4, heads=2, feature_layers=(1, 2, 3, 4),
        neck_channels=(4, 6, 8, 10), fusion_channels=16, head_channels=4, interframe_layers=2))
    path = tmp_path_factory.mktemp('weights') / 'small.safetensors'
    save_checkpoint(network, path)
    return OdometryConfig(motion='network', weights=str(path), depth='topic', device='cpu')


@pytest.fixture(scope='module')
def frames(walk: Clip) -> list[Frame]:
    return [replace(walk.frame(index), depth_m=walk.rendered[index].depth_m)
            for index in range(FRAMES)]


def test_every_frame_gets_a_metric_pose(config: OdometryConfig, frames: list[Frame]) -> None:
    estimates = run(frames, VisualOdometry(config))
    assert len(estimates) == FRAMES - 1
    for estimate in estimates:
        assert estimate.status in (TrackingState.TRACKING, TrackingState.DEGRADED)
        assert estimate.scale_source == 'depth'
        assert estimate.focal_source == 'estimated'
        assert estimate.uncertainty is not None
        assert estimate.uncertainty.shape == frames[0].image_rgb.shape[:2]
        assert np.isfinite(estimate.uncertainty).all()
        R = estimate.T_odom_camera[:3, :3]
        np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-6)
        assert (np.linalg.eigvalsh(estimate.pose_covariance) > 0).all()
        probabilities = np.exp(estimate.focal_log_probs)
        assert probabilities.sum() == pytest.approx(1.0)
        mean_px = float(probabilities @ estimate.focal_candidates_px)
        assert estimate.intrinsics.fx == pytest.approx(mean_px, rel=1e-3)
    assert any(estimate.is_key_frame for estimate in estimates)


def test_the_same_frames_give_the_same_poses(config: OdometryConfig, frames: list[Frame]) -> None:
    first, second = (run(frames, VisualOdometry(config)) for _ in range(2))
    assert [estimate.T_odom_camera.tobytes() for estimate in first] \
        == [estimate.T_odom_camera.tobytes() for estimate in second]


def test_given_intrinsics_are_kept(config: OdometryConfig, frames: list[Frame]) -> None:
    estimate = run(frames[:3], VisualOdometry(replace(config, intrinsics='given')))[-1]
    assert estimate.focal_source == 'given'
    assert estimate.intrinsics == frames[0].intrinsics


def test_without_depth_frames_are_lost(config: OdometryConfig, frames: list[Frame]) -> None:
    blind = [replace(frame, depth_m=None) for frame in frames]
    for estimate in run(blind, VisualOdometry(config)):
        assert estimate.status is TrackingState.LOST
        assert 'no depth' in estimate.reason


def test_depth_may_be_slower_than_the_camera(config: OdometryConfig,
                                             frames: list[Frame]) -> None:
    seldom = [frame if number % 3 == 0 else replace(frame, depth_m=None)
              for number, frame in enumerate(frames)]
    assert TrackingState.LOST not in {estimate.status for estimate in run(seldom,
                                                                          VisualOdometry(config))}


def test_depth_is_known_for_frames_between_those_that_have_it(
        config: OdometryConfig, frames: list[Frame]) -> None:
    odometry = VisualOdometry(config)
    assert odometry.depth_image() is None
    odometry.process(frames[0])
    np.testing.assert_array_equal(odometry.depth_image(), frames[0].depth_m)
    frame = replace(frames[1], depth_m=None)
    estimate = odometry.process(frame)
    assert estimate is not None
    depth_m = odometry.depth_image()
    assert depth_m is not None
    truth_m = cv2.resize(frames[1].depth_m, depth_m.shape[::-1])
    assert np.nanmedian(np.abs(depth_m / truth_m - 1)) < 0.02
    # With random weights most of the picture seems to move.
    assert sum(map(len, frame_cloud(odometry, frame, estimate))) > 20_000


def test_options_of_the_network_reach_it(config: OdometryConfig, frames: list[Frame]) -> None:
    reference = run(frames, VisualOdometry(config))[-1].T_odom_camera
    for change in ({'network_window': 2}, {'network_both_directions': False},
                   {'network_reference_flow': True}):
        other = run(frames, VisualOdometry(replace(config, **change)))[-1].T_odom_camera
        assert not np.array_equal(other, reference), change


def test_a_restart_goes_on_from_the_pose(config: OdometryConfig, frames: list[Frame]) -> None:
    odometry = VisualOdometry(config)
    last = run(frames[:4], odometry)[-1]
    odometry.restart()
    assert odometry.process(frames[0]) is None
    estimate = odometry.process(frames[1])
    assert estimate is not None
    step = np.linalg.norm(estimate.T_odom_camera[:3, 3] - last.T_odom_camera[:3, 3])
    assert step < 0.2


def test_it_warms_up(config: OdometryConfig, frames: list[Frame]) -> None:
    odometry = VisualOdometry(config)
    warm_up(odometry)
    assert odometry.process(frames[0]) is None


def test_weights_that_are_none_are_refused_at_once(tmp_path: Path) -> None:
    page = tmp_path / 'anycam.bin'
    page.write_text('<html>')
    with pytest.raises(WeightsError, match='web page'):
        VisualOdometry(OdometryConfig(motion='network', weights=str(page), depth='topic'))
