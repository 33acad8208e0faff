# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command line as a user calls it: files, exit codes, messages."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest
from recordings import cut, write_bag, write_images, write_sequence, write_video
from rosbags.rosbag2 import Reader
from rosbags.typesys import get_typestore, Stores
import yaml

from anycam_ros.cli import main
from anycam_ros.recordings.readers.bag_messages import open_bag
from anycam_ros.simulation.rendered_scene import RenderedScene

REPOSITORY = Path(__file__).parents[2]
ALWAYS = {'trajectory.tum', 'camera.yaml', 'timing.json', 'summary.json', 'plot.png'}


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sequence folder with 20 rendered frames."""
    folder: Path = tmp_path_factory.mktemp('clip')
    (folder / 'rgb').mkdir()
    scene = RenderedScene(320, 240, rate_hz=15)
    lines = []
    for index in range(20):
        frame = scene.frame(index)
        cv2.imwrite(str(folder / f'rgb/{index:06d}.png'), frame.image_rgb[..., ::-1])
        lines.append(f'{100 + frame.stamp_s:.6f} rgb/{index:06d}.png')
    (folder / 'timestamps.txt').write_text('\n'.join(lines) + '\n')
    camera = scene.intrinsics
    (folder / 'camera.yaml').write_text(yaml.safe_dump({
        'width': 320, 'height': 240, 'fx': camera.fx, 'fy': camera.fy, 'cx': camera.cx,
        'cy': camera.cy}))
    return folder


def odometry(source: Path, output: Path, *options: str) -> int:
    return main(['odometry', str(source), '--output', str(output), *options])


def results(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every result but the timings."""
    return {str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob('*')) if file.is_file()
            and file.name != 'timing.json'}


def poses(folder: Path) -> NDArray[np.float64]:
    return np.loadtxt(folder / 'trajectory.tum', ndmin=2)


@pytest.mark.slow
def test_results_of_a_run_are_complete(clip: Path, tmp_path: Path) -> None:
    assert odometry(clip, tmp_path, '--masks', '--bag') == 0
    assert {file.name for file in tmp_path.iterdir()} == ALWAYS | {'masks', 'odometry.mcap'}
    table = poses(tmp_path)
    assert table.shape == (19, 8)
    np.testing.assert_allclose(table[:, 0], 100 + np.arange(1, 20) / 15, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(table[:, 4:], axis=1), 1, atol=1e-6)
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert (summary['frames'], summary['poses'], summary['frames_refused']) == (20, 19, 0)
    assert sum(summary['status'].values()) == 19
    timing = json.loads((tmp_path / 'timing.json').read_text())
    assert set(timing['stages_ms']['total']) == {'p50', 'p95', 'mean'}
    camera = yaml.safe_load((tmp_path / 'camera.yaml').read_text())
    assert (camera['width'], camera['height'], camera['cx']) == (320, 240, 160)
    assert camera['fx'] == summary['focal_px'] > 0
    masks = sorted((tmp_path / 'masks').iterdir())
    assert [mask.name for mask in masks] == [f'{index:06d}.png' for index in range(1, 20)]
    mask = cv2.imread(str(masks[0]), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert mask.shape == (240, 320)


@pytest.mark.slow
def test_same_input_gives_the_same_bytes(clip: Path, tmp_path: Path) -> None:
    for name in ('first', 'second'):
        assert odometry(clip, tmp_path / name, '--masks', '--bag', '--frames', '10') == 0
    first, second = results(tmp_path / 'first'), results(tmp_path / 'second')
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.slow
def test_bag_of_results_agrees_with_the_trajectory(clip: Path, tmp_path: Path) -> None:
    assert odometry(clip, tmp_path, '--bag', '--frames', '8') == 0
    types = get_typestore(Stores.ROS2_HUMBLE)
    odometries: list[Any] = []
    topics = set()
    with Reader(tmp_path / 'odometry.mcap') as reader:
        for connection, stamp_ns, data in reader.messages():
            message: Any = types.deserialize_cdr(data, connection.msgtype)
            topics.add(connection.topic)
            if connection.topic == '/odom':
                odometries.append(message)
                stamp = message.header.stamp
                assert stamp.sec * 10 ** 9 + stamp.nanosec == stamp_ns
    assert topics == {'/odom', '/tf', '/estimated/camera_info'}
    assert {(odom.header.frame_id, odom.child_frame_id) for odom in odometries} \
        == {('odom', 'camera_optical')}
    written = [[getattr(odom.pose.pose.position, axis) for axis in 'xyz']
               + [getattr(odom.pose.pose.orientation, axis) for axis in 'xyzw']
               for odom in odometries]
    np.testing.assert_allclose(written, poses(tmp_path)[:, 1:], atol=1e-9)


def test_start_stride_and_frames_choose(clip: Path, tmp_path: Path) -> None:
    assert odometry(clip, tmp_path, '--start', '3', '--stride', '2', '--frames', '4') == 0
    np.testing.assert_allclose(poses(tmp_path)[:, 0], 100 + np.array([5, 7, 9]) / 15, atol=1e-5)


@pytest.mark.slow
def test_given_calibration_is_used(clip: Path, tmp_path: Path) -> None:
    assert odometry(clip, tmp_path, '--intrinsics', 'given', '--frames', '5') == 0
    camera = yaml.safe_load((tmp_path / 'camera.yaml').read_text())
    assert (camera['focal_source'], camera['fx']) == ('given', pytest.approx(0.95 * 320))


@pytest.mark.slow
def test_earlier_results_go(clip: Path, tmp_path: Path) -> None:
    assert odometry(clip, tmp_path, '--masks', '--bag', '--frames', '6') == 0
    assert odometry(clip, tmp_path, '--masks', '--frames', '3') == 0
    assert {file.name for file in tmp_path.iterdir()} == ALWAYS | {'masks'}
    assert len(list((tmp_path / 'masks').iterdir())) == 2


@pytest.mark.slow
def test_earlier_results_stay_when_a_network_is_not_to_be_had(clip: Path, tmp_path: Path) -> None:
    assert odometry(clip, tmp_path, '--frames', '3') == 0
    before = results(tmp_path)
    assert odometry(clip, tmp_path, '--flow', 'ptlflow:no_such_model') == 2
    assert results(tmp_path) == before


@pytest.mark.slow
def test_frames_with_depth_are_counted_and_doubted(
        clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / 'sequence'
    shutil.copytree(clip, folder)
    (folder / 'depth').mkdir()
    for index in (0, 2):
        depth = np.full((240, 320), 2000, np.uint16)
        assert cv2.imwrite(str(folder / f'depth/{index:06d}.png'), depth)
    camera = (folder / 'camera.yaml').read_text()
    (folder / 'camera.yaml').write_text(f'{camera}depth_scale: 1.0\n')   # metres, it says
    assert odometry(folder, tmp_path / 'out', '--depth', 'topic', '--frames', '4') == 0
    printed = capsys.readouterr()
    assert 'the median depth is 2000 m, above 100 m; is the unit right?' in printed.err
    assert 'refused 0, with depth 2' in printed.out
    summary = json.loads((tmp_path / 'out/summary.json').read_text())
    assert summary['frames_with_depth'] == 2


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['mcap', 'sqlite3', 'video'])
def test_cut_recording_keeps_its_results_and_says_where_it_broke(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    whole = write_video(tmp_path / 'whole.avi', 60) if kind == 'video' \
        else write_bag(tmp_path / 'bag', kind, count=120)
    broken = cut(whole, tmp_path / f'broken{whole.suffix}', int(0.7 * whole.stat().st_size))
    assert odometry(broken, tmp_path / 'out', '--bag') == 1
    message = capsys.readouterr().err
    summary = json.loads((tmp_path / 'out/summary.json').read_text())
    last = summary['frames'] - 1
    assert 10 < last < 119
    assert f'{broken} breaks off' in message
    assert f'Frames up to {last} (stamp ' in message
    assert len((tmp_path / 'out/trajectory.tum').read_text().splitlines()) == summary['poses']


@pytest.mark.slow
def test_one_bad_image_is_skipped_with_a_message(
        clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f'{index}.png' for index in range(6)]
    folder = write_images(tmp_path / 'images', names)
    for index, name in enumerate(names):
        (folder / name).write_bytes((clip / f'rgb/{index:06d}.png').read_bytes())
    (folder / '3.png').write_bytes(b'not an image')
    assert odometry(folder, tmp_path / 'out') == 0
    assert '3.png is skipped: compressed image of 12 bytes' in capsys.readouterr().err
    summary = json.loads((tmp_path / 'out/summary.json').read_text())
    assert (summary['frames'], summary['frames_refused'], summary['poses']) == (6, 1, 4)


def test_unusable_requests_end_with_code_2_and_the_way_out(
        clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap')
    file = tmp_path / 'file'
    file.write_text('')
    images = write_images(tmp_path / 'images', ['0.png', '1.png'])
    for source, output, options, message in (
            (tmp_path / 'nowhere', tmp_path / 'out', (), 'does not exist. Give a ROS 2 bag'),
            (bag, tmp_path / 'out', ('--topic', '/other'), 'choose with --topic one of'),
            (clip, file, (), 'Choose another folder with --output'),
            (clip, tmp_path / 'out', ('--start', '99'), 'has 20 frames, but --start is 99'),
            (images, tmp_path / 'out', ('--intrinsics', 'given'), 'without a calibration'),
            (clip, tmp_path / 'out', ('--flow', 'farneback'), "'raft', 'ptlflow:<model>'")):
        assert odometry(source, output, *options) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize('options', [
    ('--stride', '0'), ('--frames', '-1'), ('--start', 'x'), ('--fps', '0'), ('--fps', 'nan'),
    ('--refine', 'sometimes'), ('--unknown', '1')])
def test_wrong_options_are_refused(clip: Path, tmp_path: Path, options: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        odometry(clip, tmp_path, *options)
    assert caught.value.code == 2


def test_config_prints_the_shipped_parameter_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['config']) == 0
    assert capsys.readouterr().out == (REPOSITORY / 'config/anycam.yaml').read_text()


@pytest.mark.parametrize('page', [REPOSITORY / 'README.md', *REPOSITORY.glob('docs/*.md')],
                         ids=lambda page: page.name)
def test_documented_commands_and_options_exist(
        page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = page.read_text()
    with pytest.raises(SystemExit):
        main(['--help'])
    commands = re.findall(r'^    (\w+)', capsys.readouterr().out, re.MULTILINE)
    assert set(re.findall(r'\banycam\s(\w+)', text)) <= {*commands}
    options = {'--help'}
    for command in (['odometry'], ['weights'], ['export'], ['train'],
                    ['benchmark', 'frontend']):
        with pytest.raises(SystemExit):
            main([*command, '--help'])
        options |= set(re.findall(r'--[a-z-]+', capsys.readouterr().out))
    assert set(re.findall(r'`(--[a-z-]+)', text)) <= options


@pytest.mark.slow
def test_input_without_any_pose_is_no_success(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_images(tmp_path / 'images', ['0.png'])
    assert odometry(folder, tmp_path / 'out') == 1
    assert 'none of 1 frames got a pose' in capsys.readouterr().err


@pytest.fixture
def run(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a run of 250 frames into tmp_path/out, and return it when ten poses are written."""
    folder, out = write_sequence(tmp_path / 'sequence', 250), tmp_path / 'out'
    process = subprocess.Popen(
        [sys.executable, '-m', 'anycam_ros.cli', 'odometry', str(folder), '--output', str(out),
         '--bag'], cwd=REPOSITORY, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        # A suite that runs in the background of a shell ignores SIGINT, and so would this one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # noqa: PLW1509
    deadline = time.monotonic() + 120
    trajectory = out / 'trajectory.tum'
    while not (trajectory.exists() and trajectory.read_text().count('\n') >= 10):
        assert process.poll() is None, 'the run ended before it could be stopped'
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield process
    process.kill()


@pytest.mark.slow
def test_killed_run_leaves_readable_results(
        run: subprocess.Popen[bytes], tmp_path: Path) -> None:
    run.send_signal(signal.SIGKILL)
    run.wait()
    written = poses(tmp_path / 'out')
    assert len(written) >= 10
    recorded = open_bag(tmp_path / 'out/odometry.mcap').topics['/odom'].messages
    assert recorded is not None
    assert recorded >= len(written) - 4


@pytest.mark.slow
def test_interrupted_run_leaves_all_results(
        run: subprocess.Popen[bytes], tmp_path: Path) -> None:
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 130
    out = tmp_path / 'out'
    assert {file.name for file in out.iterdir()} == ALWAYS | {'odometry.mcap'}
    assert json.loads((out / 'summary.json').read_text())['poses'] == len(poses(out)) >= 10
    with Reader(out / 'odometry.mcap') as reader:
        assert reader.topics['/odom'].msgcount == len(poses(out))
