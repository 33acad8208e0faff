# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The cloud of a frame against the room that was filmed."""

from dataclasses import replace

from clips import Clip
import numpy as np
import pytest

from anycam_ros.geometry.camera import Intrinsics, ProcessingCamera
from anycam_ros.geometry.se3 import Array
from anycam_ros.odometry import OdometryConfig, OdometryEstimate, VisualOdometry
from anycam_ros.odometry.cloud import frame_cloud, FrameCloud
from anycam_ros.odometry.cloud.depth_points import depth_points

NEWEST = 59


def filmed(walk: Clip, **config: object) -> tuple[FrameCloud, OdometryEstimate]:
    """Return the cloud of the newest frame, with depth where the configuration asks for it."""
    odometry = VisualOdometry(OdometryConfig(**config))
    for index in range(NEWEST + 1):
        frame = walk.frame(index)
        if odometry.config.depth != 'none':
            frame = replace(frame, depth_m=walk.rendered[index].depth_m)
        estimate = odometry.process(frame)
    assert estimate is not None
    return frame_cloud(odometry, frame, estimate), estimate


def seen(points: Array, camera: Intrinsics) -> tuple[Array, Array]:
    """Return columns and rows (N,) of the pixels that show the points."""
    column = camera.fx * points[:, 0] / points[:, 2] + camera.cx
    row = camera.fy * points[:, 1] / points[:, 2] + camera.cy
    return np.rint(column).astype(int), np.rint(row).astype(int)


@pytest.mark.slow
def test_points_of_the_map_lie_on_what_was_filmed(walk: Clip) -> None:
    cloud, estimate = filmed(walk)
    assert len(cloud.static) > 200
    assert not len(cloud.dynamic)       # how far away they are is not known
    column, row = seen(cloud.static.positions, estimate.intrinsics)
    truth = walk.rendered[NEWEST]
    ratio = cloud.static.positions[:, 2] / truth.depth_m[row, column]
    error = np.abs(ratio / np.median(ratio) - 1)
    assert np.median(error) < 0.05
    assert np.mean(error > 0.3) < 0.12
    # A point between two pixels may take the colour of either.
    same = (cloud.static.colours == truth.image_rgb[row, column]).all(axis=1)
    assert same.mean() > 0.98
    assert not estimate.motion_mask[row, column].any()


@pytest.mark.slow
def test_with_depth_the_points_are_dense_and_the_moving_ones_apart(walk: Clip) -> None:
    cloud, estimate = filmed(walk, depth='topic', intrinsics='given')
    truth = walk.rendered[NEWEST]
    assert len(cloud.static) + len(cloud.dynamic) > 0.9 * 40_000 / 2
    for part, moves in ((cloud.static, False), (cloud.dynamic, True)):
        column, row = seen(part.positions, walk.intrinsics)
        np.testing.assert_allclose(part.positions[:, 2], truth.depth_m[row, column], rtol=1e-6)
        np.testing.assert_array_equal(part.colours, truth.image_rgb[row, column])
        assert truth.moving[row, column].mean() == pytest.approx(float(moves), abs=0.45)
    column, row = seen(cloud.dynamic.positions, walk.intrinsics)
    assert (estimate.motion_mask[row, column] > 0).all()
    assert len(cloud.dynamic) > 500


def test_unknown_depth_makes_no_points(walk: Clip) -> None:
    odometry = VisualOdometry(OdometryConfig(depth='topic'))
    for index in range(3):
        depth_m = walk.rendered[index].depth_m.copy()
        depth_m[:, :200], depth_m[:, 200:250], depth_m[:, 250:300] = np.nan, 0.0, np.inf
        frame = replace(walk.frame(index), depth_m=depth_m)
        estimate = odometry.process(frame)
    assert estimate is not None
    points = frame_cloud(odometry, frame, estimate).static.positions
    assert len(points) > 5000
    assert np.isfinite(points).all()
    assert seen(points, estimate.intrinsics)[0].min() > 300


def test_there_is_no_point_between_two_surfaces(walk: Clip) -> None:
    camera = ProcessingCamera(walk.intrinsics, is_calibrated=True)
    depth_m = np.full((336, 448), 1.0, np.float32)
    depth_m[:, 224:] = 3.0
    columns, _ = seen(depth_points(depth_m, camera, walk.intrinsics.fx, 10 ** 6),
                      walk.intrinsics)
    assert set(range(1, 447)) - set(columns) == {223, 224}


def test_before_there_is_a_map_there_are_no_points(walk: Clip) -> None:
    odometry = VisualOdometry()
    odometry.process(walk.frame(0))
    estimate = odometry.process(walk.frame(1))
    assert estimate is not None
    assert not len(frame_cloud(odometry, walk.frame(1), estimate).static)
