# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that stands reports no motion, whoever walks through its view."""

from pathlib import Path

from clips import Clip, intersection_over_union, positions, render_clip, run, with_picture
import cv2
import numpy as np
import pytest

from anycam_ros.frontend.common.focal_prior import PRIOR_RATIO
from anycam_ros.geometry.se3 import T_BODY_OPTICAL
from anycam_ros.odometry import OdometryEstimate, TrackingState
from anycam_ros.recordings.readers.image_folder import SequenceFolder
from anycam_ros.simulation.rendered_scene import hand_held

pytestmark = pytest.mark.slow

Estimates = list[OdometryEstimate]
HALT_S = 1.5


@pytest.fixture(scope='module')
def standing(stand: Clip) -> Estimates:
    return run(stand.frames)


def test_standing_camera_never_moves(stand: Clip, standing: Estimates) -> None:
    for estimate in standing:
        np.testing.assert_array_equal(estimate.T_odom_camera, T_BODY_OPTICAL)
        np.testing.assert_array_equal(estimate.twist, 0)
        assert estimate.reason == 'the camera does not move'
        assert (estimate.focal_source, estimate.focal_std_px) == ('prior', np.inf)
        assert estimate.intrinsics.fx == pytest.approx(PRIOR_RATIO * 448)
    found = np.array([estimate.motion_mask for estimate in standing[15:]]) > 0
    truth = np.array([rendered.moving for rendered in stand.rendered[16:]])
    assert intersection_over_union(found, truth) > 0.45


def test_standing_camera_stays_sure_of_its_pose(standing: Estimates) -> None:
    variance = np.diag(standing[-1].pose_covariance)
    assert np.sqrt(variance[:3].max()) < 0.02
    assert np.rad2deg(np.sqrt(variance[3:].sum())) < 0.03


def test_compressed_pictures_do_not_make_it_move(stand: Clip) -> None:
    frames = []
    for frame in stand.frames[:25]:
        _, data = cv2.imencode('.jpg', frame.image_rgb, [cv2.IMWRITE_JPEG_QUALITY, 40])
        frames.append(with_picture(frame, cv2.imdecode(data, cv2.IMREAD_COLOR)))
    np.testing.assert_array_equal(positions(run(frames)), 0)


def test_walk_that_halts_comes_to_rest() -> None:
    clip = render_clip(lambda time_s: hand_held(min(time_s, HALT_S)), 85)
    estimates = run(clip.frames)
    assert estimates[44].status == TrackingState.TRACKING
    at_rest = estimates[55:]
    way = positions(at_rest) - at_rest[0].T_odom_camera[:3, 3]
    assert np.abs(way).max() < 1e-12
    assert max(np.abs(estimate.twist).max() for estimate in at_rest) < 1e-9
    assert at_rest[0].intrinsics.fx == at_rest[-1].intrinsics.fx


def test_people_before_a_bolted_camera_do_not_move_it(data_dir: Path) -> None:
    source = SequenceFolder(data_dir / 'vtest_static_camera_people')
    estimates = run([frame.load() for frame, _ in zip(source, range(40), strict=False)])
    assert len(estimates) == 39
    for estimate in estimates:
        np.testing.assert_array_equal(estimate.T_odom_camera, T_BODY_OPTICAL)
    covered = np.mean([(estimate.motion_mask > 0).mean() for estimate in estimates[10:]])
    assert 0.005 < covered < 0.3
