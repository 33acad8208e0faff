# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What anycam odometry writes of scene and cameras, read back by others' formats."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
import sys

from clips import Clip
import cv2
import numpy as np
import pytest
from readers import read_cameras, read_images, read_ply, read_points
import yaml

from anycam_ros.cli import main
from anycam_ros.offline.reconstruction.reconstruction import COLMAP
from anycam_ros.recordings.writers.tum import read_trajectory

pytestmark = pytest.mark.slow

FRAMES = 40
FILES = ('cloud.ply', 'colmap/cameras.txt', 'colmap/images.txt', 'colmap/points3D.txt')


@pytest.fixture(scope='module')
def recording(walk: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sequence folder with depth."""
    folder = tmp_path_factory.mktemp('recording')
    (folder / 'rgb').mkdir()
    (folder / 'depth').mkdir()
    camera, lines = walk.intrinsics, []
    for index, frame in enumerate(walk.frames[:FRAMES]):
        name = f'{index:04}.png'
        cv2.imwrite(str(folder / 'rgb' / name), frame.image_rgb[..., ::-1])
        depth_mm = 1000 * walk.rendered[index].depth_m
        cv2.imwrite(str(folder / 'depth' / name), np.rint(depth_mm).astype(np.uint16))
        lines.append(f'{frame.stamp_s:.9f} rgb/{name}\n')
    (folder / 'timestamps.txt').write_text(''.join(lines))
    (folder / 'camera.yaml').write_text(yaml.safe_dump({
        'width': camera.width, 'height': camera.height, 'fx': camera.fx, 'fy': camera.fy,
        'cx': camera.cx, 'cy': camera.cy, 'depth_scale': 1000.0}))
    return folder


def run(recording: Path, output: Path, *options: str) -> Path:
    assert main(['odometry', str(recording), '--output', str(output), *options]) == 0
    return output


@pytest.fixture(scope='module')
def sparse(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results without depth."""
    return run(recording, tmp_path_factory.mktemp('sparse'), '--cloud', '--colmap')


def test_colmap_files_agree_with_one_another_and_with_the_trajectory(sparse: Path) -> None:
    folder = sparse / COLMAP
    ((number, (model, width, height, values)),) = read_cameras(folder / 'cameras.txt').items()
    camera = yaml.safe_load((sparse / 'camera.yaml').read_text())
    assert (model, width, height) == ('PINHOLE', 448, 336)
    np.testing.assert_allclose(values, [camera['fx'], camera['fy'], camera['cx'] + 0.5,
                                        camera['cy'] + 0.5], rtol=1e-8)
    images, points = read_images(folder / 'images.txt'), read_points(folder / 'points3D.txt')
    assert len(images) >= 8
    assert len(points) > 150
    focal_px, centre_px = np.array(values[:2]), np.array(values[2:])
    trajectory = read_trajectory(sparse / 'trajectory.tum')
    errors: dict[int, list[float]] = {point: [] for point in points}
    for index, image in images.items():
        assert image.camera == number
        frame = int(image.name.removesuffix('.png'))
        centre = trajectory.positions[frame - 1]     # the first frame has no pose
        np.testing.assert_allclose(image.in_camera(centre[None]), 0, atol=1e-6)
        seen = image.in_camera(np.array([points[point].position for point in image.points]))
        assert (seen[:, 2] > 0).all()
        projected_px = focal_px * seen[:, :2] / seen[:, 2:] + centre_px
        for place, point in enumerate(image.points):
            assert (index, place) in points[point].track
            errors[point].append(float(np.linalg.norm(projected_px[place]
                                                      - image.seen_px[place])))
    for number, point in points.items():
        assert len(point.track) == len(errors[number]) >= 3
        assert point.error_px == pytest.approx(np.mean(errors[number]), abs=1e-3)
    assert np.median([point.error_px for point in points.values()]) < 0.75


def test_points_lie_on_what_was_filmed_and_have_its_colour(sparse: Path, walk: Clip) -> None:
    points = read_points(sparse / COLMAP / 'points3D.txt')
    ratios, moving, colours = [], [], []
    for image in read_images(sparse / COLMAP / 'images.txt').values():
        truth = walk.rendered[int(image.name.removesuffix('.png'))]
        column, row = (image.seen_px - 0.5).round().astype(int).T
        z = image.in_camera(np.array([points[point].position for point in image.points]))[:, 2]
        ratios.append(z / truth.depth_m[row, column])
        moving.append(truth.moving[row, column])
        colours.append(np.abs(truth.image_rgb[row, column].astype(int)
                              - [points[point].colour for point in image.points]).max(axis=1))
    ratio = np.concatenate(ratios)
    assert np.median(np.abs(ratio / np.median(ratio) - 1)) < 0.05
    assert np.concatenate(moving).mean() < 0.05
    assert np.median(np.concatenate(colours)) < 25


def test_cloud_without_depth_holds_the_points_of_the_key_frames(sparse: Path) -> None:
    positions, colours = read_ply(sparse / 'cloud.ply')
    points = read_points(sparse / COLMAP / 'points3D.txt').values()
    np.testing.assert_allclose(positions, [point.position for point in points], rtol=1e-5)
    assert colours.tolist() == [list(point.colour) for point in points]


def test_cloud_with_depth_is_dense_and_lies_on_what_was_filmed(
        recording: Path, tmp_path: Path, walk: Clip) -> None:
    output = run(recording, tmp_path, '--cloud', '--depth', 'topic', '--intrinsics', 'given')
    positions, colours = read_ply(output / 'cloud.ply')
    assert len(positions) > 20_000
    assert not (output / COLMAP).exists()
    first = walk.rendered[0]
    in_first = positions @ np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    in_front = in_first[:, 2] > 0.1
    in_first, colours = in_first[in_front], colours[in_front]
    camera = walk.intrinsics
    pixel = np.rint(in_first[:, :2] / in_first[:, 2:] * camera.fx + [camera.cx, camera.cy])
    inside = ((pixel >= 0) & (pixel < [camera.width, camera.height])).all(axis=1)
    column, row = pixel[inside].astype(int).T
    ratio = in_first[inside, 2] / first.depth_m[row, column]
    assert np.median(np.abs(ratio - 1)) < 0.02
    error = np.abs(colours[inside].astype(int) - first.image_rgb[row, column]).max(axis=1)
    assert np.median(error) < 25


def test_refined_recording_comes_with_its_refined_poses(recording: Path, sparse: Path,
                                                        tmp_path: Path) -> None:
    output = run(recording, tmp_path, '--colmap', '--refine', 'global')
    images = read_images(output / COLMAP / 'images.txt')
    trajectory = read_trajectory(output / 'trajectory.tum').positions
    for image in images.values():
        centre = trajectory[int(image.name.removesuffix('.png')) - 1]
        np.testing.assert_allclose(image.in_camera(centre[None]), 0, atol=1e-6)
    before = read_points(sparse / COLMAP / 'points3D.txt').values()
    after = read_points(output / COLMAP / 'points3D.txt').values()
    errors_px = [np.median([point.error_px for point in points]) for points in (before, after)]
    assert errors_px[1] < 1.02 * errors_px[0]


def test_same_recording_gives_same_bytes_and_a_run_without_leaves_none(
        recording: Path, sparse: Path, tmp_path: Path) -> None:
    output = run(recording, tmp_path, '--cloud', '--colmap')
    for name in FILES:
        assert (output / name).read_bytes() == (sparse / name).read_bytes(), name
    run(recording, output, '--frames', '3')
    assert not any((output / name).exists() for name in FILES)


@pytest.fixture
def no_rerun(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have no rerun-sdk."""
    monkeypatch.setitem(sys.modules, 'rerun', None)
    name = 'anycam_ros.recordings.writers.rerun_recording'
    monkeypatch.delitem(sys.modules, name, raising=False)
    return iter((None,))


@pytest.mark.usefixtures('no_rerun')
def test_missing_rerun_is_named_and_earlier_results_stay(
        recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'trajectory.tum').write_text('earlier')
    assert main(['odometry', str(recording), '--output', str(tmp_path), '--rerun']) == 2
    assert 'pip install rerun-sdk' in capsys.readouterr().err
    assert (tmp_path / 'trajectory.tum').read_text() == 'earlier'


@pytest.mark.skipif(find_spec('rerun') is None, reason='rerun-sdk is not installed')
def test_rerun_file_begins_as_one(recording: Path, tmp_path: Path) -> None:
    run(recording, tmp_path, '--rerun', '--frames', '12', '--depth', 'topic')
    content = (tmp_path / 'recording.rrd').read_bytes()
    assert content.startswith(b'RRF')
    for name in (b'odom/camera/image', b'odom/scene/1', b'odom/path'):
        assert name in content
