# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording refined as a whole: nearer to the truth, and never less than was known before."""

from collections.abc import Iterable
from dataclasses import replace
import json
from pathlib import Path

from clips import Clip, positions
import cv2
import numpy as np
import pytest
from trajectory_scores import score_estimates, score_poses
import yaml

from anycam_ros.cli import main
from anycam_ros.frontend.geometric.focal import FocalState
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.odometry import Frame, OdometryEstimate, VisualOdometry
from anycam_ros.offline.global_refinement.key_frames import KeyFrames
from anycam_ros.offline.global_refinement.refine_recording import (
    refine_recording,
    RefinedRecording,
)
from anycam_ros.recordings.writers.tum import read_trajectory

pytestmark = pytest.mark.slow


def silent(steps: Iterable[object], _total: int) -> Iterable[object]:
    return steps


def collected(frames: Iterable[Frame]) -> tuple[KeyFrames, list[OdometryEstimate]]:
    odometry = VisualOdometry()
    key_frames, estimates = KeyFrames(odometry), []
    for frame in frames:
        estimate = odometry.process(frame)
        if estimate is not None:
            key_frames.add(frame, estimate)
            estimates.append(estimate)
    return key_frames, estimates


def refined(key_frames: KeyFrames, estimates: list[OdometryEstimate]) -> RefinedRecording:
    camera, last = key_frames.camera, estimates[-1].intrinsics
    result = refine_recording(
        key_frames, FocalState(last.fx / camera.scale_to(last.width)), silent)
    assert result is not None
    return result


def ahead_and_back(walk: Clip) -> tuple[list[Frame], Array]:
    """Return the walk and its way back, and the true poses."""
    order = [*range(60), *range(58, -1, -1)]
    frames = [replace(walk.frames[index], stamp_s=number / 30)
              for number, index in enumerate(order)]
    return frames, walk.true_poses[order]


def test_way_ahead_and_back_comes_nearer_to_the_truth(walk: Clip) -> None:
    frames, T_true = ahead_and_back(walk)
    key_frames, estimates = collected(frames)
    result = refined(key_frames, estimates)
    after = score_poses(result.T_world_camera, T_true[1:])
    before = score_estimates(estimates, T_true[1:])
    assert after.path_error_m < 0.8 * before.path_error_m
    assert after.path_ratio == pytest.approx(1, abs=0.1)
    assert after.scale_drift < 0.15
    assert after.turn_p95_deg < 1.0
    assert result.loop_closures > 5
    focal_px = result.focal.focal_px * key_frames.camera.scale_to(448)
    assert focal_px == pytest.approx(walk.intrinsics.fx, rel=0.04)


def test_unit_of_length_stays(walk: Clip) -> None:
    key_frames, estimates = collected(walk.frames[:60])
    result = refined(key_frames, estimates)
    before, after = positions(estimates), result.T_world_camera[:, :3, 3]
    spread = [np.linalg.norm(way - way.mean(axis=0), axis=1).mean() for way in (before, after)]
    assert spread[1] == pytest.approx(spread[0], rel=0.2)
    np.testing.assert_allclose(result.T_world_camera[0], estimates[0].T_odom_camera, atol=1e-12)


def test_parts_with_nothing_in_common_are_refined_one_by_one(walk: Clip) -> None:
    """The camera is carried elsewhere while it sees nothing."""
    dark = np.zeros_like(walk.frames[0].image_rgb)
    images = [*(frame.image_rgb for frame in walk.frames[:45]), *[dark] * 5,
              *(cv2.flip(frame.image_rgb, 0) for frame in walk.frames[45:])]
    key_frames, estimates = collected(
        Frame(index / 30, np.ascontiguousarray(image)) for index, image in enumerate(images))
    assert len(key_frames.breaks) == 1
    result = refined(key_frames, estimates)
    assert np.isfinite(result.T_world_camera).all()
    start = key_frames.indices[key_frames.breaks[0]]
    old = np.array(key_frames.T_world_camera)
    for T in (result.T_world_camera, old):
        np.testing.assert_allclose(inverse(T[start - 1]) @ T[start],
                                   inverse(old[start - 1]) @ old[start], atol=1e-6)


def test_standing_camera_is_left_alone(stand: Clip) -> None:
    key_frames, _ = collected(stand.frames)
    assert refine_recording(key_frames, FocalState(358.0), silent) is None


@pytest.fixture(scope='module')
def folder(walk: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('recording')
    for index, frame in enumerate(walk.frames[:60]):
        cv2.imwrite(str(folder / f'{index:04}.png'), frame.image_rgb[..., ::-1])
    return folder


def test_command_writes_both_trajectories(folder: Path, tmp_path: Path) -> None:
    assert main(['odometry', str(folder), '--output', str(tmp_path / 'window')]) == 0
    assert main(['odometry', str(folder), '--output', str(tmp_path / 'global'),
                 '--refine', 'global']) == 0
    window, whole = tmp_path / 'window', tmp_path / 'global'
    causal = (whole / 'trajectory_causal.tum').read_text()
    assert causal == (window / 'trajectory.tum').read_text()
    assert not (window / 'trajectory_causal.tum').exists()
    before, after = (read_trajectory(whole / name)
                     for name in ('trajectory_causal.tum', 'trajectory.tum'))
    np.testing.assert_array_equal(before.stamps_s, after.stamps_s)
    assert np.abs(before.positions - after.positions).max() > 1e-3
    summary = json.loads((whole / 'summary.json').read_text())
    assert summary['refinement']['key_frames'] > 4
    assert summary['focal_px'] == yaml.safe_load((whole / 'camera.yaml').read_text())['fx']
    assert summary['focal_px'] != json.loads((window / 'summary.json').read_text())['focal_px']


def test_recording_that_shows_too_little_keeps_what_was_known(
        stand: Clip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index, frame in enumerate(stand.frames[:10]):
        cv2.imwrite(str(tmp_path / f'{index:04}.png'), frame.image_rgb[..., ::-1])
    output = tmp_path / 'output'
    assert main(['odometry', str(tmp_path), '--output', str(output), '--refine', 'global']) == 0
    assert 'too little parallax' in capsys.readouterr().err
    assert len((output / 'trajectory.tum').read_text().splitlines()) == 9
    assert not (output / 'trajectory_causal.tum').exists()


def test_node_has_no_whole_recording(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['benchmark', 'frontend', '.', '--refine', 'global'])
    assert "invalid choice: 'global'" in capsys.readouterr().err
