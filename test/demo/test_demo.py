# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo as a newcomer runs it: node, player and recorder as processes over DDS."""

from pathlib import Path
import re
import subprocess
import sys

from clip import rendered_clip
import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURE_SIZE = (814, 1430, 3)


def run_demo(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, 'demo/run_demo.py', '--picture', str(tmp_path / 'result.png'),
         *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=400, check=False)


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered_clip(tmp_path_factory.mktemp('clip'), duration_s=3.0)


def rows(output: str) -> dict[str, str]:
    """Return the table by the names of its rows."""
    return {line[:24].strip(): line[24:] for line in output.splitlines()}


def test_clip_with_truth_ends_in_table_and_picture(clip: Path, tmp_path: Path) -> None:
    done = run_demo(tmp_path, '--input', str(clip))
    assert done.returncode == 0, done.stderr
    table = rows(done.stdout)
    assert table['frames in'] == '90'
    assert int(table['poses out'].split()[0]) > 20
    assert re.match(r'\d+ ms, \d+ ms', table['latency p50, p95'])
    assert 'truth 608 px' in table['focal length']
    assert re.match(r'\d\.\d{3} m over \d\.\d\d m', table['path error'])
    assert re.match(r'\d+\.\d\d \(estimated', table['path ratio'])
    assert 0 <= float(table['motion mask'].split()[0]) <= 1
    picture = cv2.imread(str(tmp_path / 'result.png'))
    assert picture is not None
    assert picture.shape == PICTURE_SIZE
    assert np.unique(picture.reshape(-1, 3), axis=0).shape[0] > 1000


def test_broken_video_without_truth_ends_in_table_and_picture(clip: Path, tmp_path: Path) -> None:
    video = tmp_path / 'video.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*'MJPG'), 20, (640, 480))
    for image in sorted((clip / 'rgb').iterdir())[:60]:
        frame = cv2.imread(str(image))
        assert frame is not None
        writer.write(frame)
    writer.release()
    video.write_bytes(video.read_bytes()[:int(0.8 * video.stat().st_size)])
    done = run_demo(tmp_path, '--input', str(video))
    assert done.returncode == 0, done.stderr
    assert 'breaks off after frame' in done.stderr
    table = rows(done.stdout)
    assert 40 <= int(table['frames in']) < 60
    assert 'truth' not in table['focal length']
    assert 'path error' not in table
    assert (tmp_path / 'result.png').exists()


def test_unusable_input_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = run_demo(tmp_path, '--input', str(tmp_path / 'nothing'))
    assert done.returncode == 2
    assert 'does not exist. Give a ROS 2 bag' in done.stderr
    assert not (tmp_path / 'result.png').exists()
