# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run that is killed leaves what it has written, all of it readable."""

from collections.abc import Iterator
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from clips import Clip
import cv2
import numpy as np
import pytest
from rosbags.typesys import get_typestore, Stores

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.damaged_bag import DamagedMcap
from anycam_ros.recordings.writers.tum import read_trajectory

pytestmark = pytest.mark.slow

POSES_BEFORE = 40
MOST_LOST = 10       # messages of a topic that are still in the chunk of the bag
TYPES = get_typestore(Stores.ROS2_HUMBLE)


@pytest.fixture(scope='module')
def killed(walk: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of a run that was killed while it wrote them."""
    folder, output = (tmp_path_factory.mktemp(name) for name in ('images', 'results'))
    for index in range(1000):     # to and fro: far more than are waited for
        first = folder / f'{index % 178:04d}.png'
        if index < 178:
            image = walk.frames[min(index, 178 - index)].image_rgb[..., ::-1]
            cv2.imwrite(str(first), cv2.resize(image, (224, 168)))
        else:
            (folder / f'{index:04d}.png').hardlink_to(first)
    with subprocess.Popen((sys.executable, '-m', 'anycam_ros.cli', 'odometry', str(folder),
                           '--output', str(output), '--bag', '--masks'),
                          stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 180.0
        while lines_in(output / 'trajectory.tum') < POSES_BEFORE:
            assert process.poll() is None
            assert time.monotonic() < deadline, 'no poses'
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    return output


def lines_in(file: Path) -> int:
    return file.read_bytes().count(b'\n') if file.exists() else 0


def messages(bag: Path, topic: str) -> Iterator[Any]:
    """Return the messages of a topic up to where the bag breaks off."""
    reader = DamagedMcap(bag)
    with pytest.raises(SourceError, match='breaks off after byte'):   # noqa: PT012
        for message in reader.messages({topic}):
            yield TYPES.deserialize_cdr(message.data, reader.topics[topic].message_type)


def test_every_row_of_the_trajectory_is_whole(killed: Path) -> None:
    assert (killed / 'trajectory.tum').read_bytes().endswith(b'\n')
    trajectory = read_trajectory(killed / 'trajectory.tum')
    assert len(trajectory.stamps_s) >= POSES_BEFORE
    np.testing.assert_allclose(np.diff(trajectory.stamps_s), 1 / 30, atol=1e-6)


def test_bag_is_readable_up_to_its_break(killed: Path) -> None:
    trajectory = read_trajectory(killed / 'trajectory.tum')
    positions = [message.pose.pose.position for message in messages(
        killed / 'odometry.mcap', '/odom')]
    assert len(positions) >= len(trajectory.positions) - MOST_LOST
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in positions],
                               trajectory.positions[:len(positions)], atol=1e-8)
    for topic in ('/tf', '/estimated/camera_info'):
        assert abs(len(list(messages(killed / 'odometry.mcap', topic))) - len(positions)) <= 1


def test_every_mask_is_whole(killed: Path) -> None:
    masks = sorted((killed / 'masks').glob('*.png'))
    assert len(masks) >= POSES_BEFORE
    assert {cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE).shape for mask in masks} == {(168, 224)}
