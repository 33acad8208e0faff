# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Wheel odometry of a bag reaches the odometry in its time, and what is no speed does not."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from recordings import (
    image_message,
    IMAGES,
    odometry_message,
    START_NS,
    STEP_NS,
    WHEELS,
    write_bag,
)

from anycam_ros.cli import main
from anycam_ros.errors import SourceError
from anycam_ros.odometry import OdometryConfig, Speed, VisualOdometry
from anycam_ros.recordings.readers.bag import BagSource
from anycam_ros.recordings.readers.bag_speeds import BagSpeeds
from anycam_ros.recordings.readers.open_recording import open_speeds
from anycam_ros.recordings.readers.speeds import AHEAD_S, feed_speeds
from anycam_ros.simulation.rendered_scene import RenderedScene
from anycam_ros.simulation.rendered_scene.camera_paths import camera_pose

OTHER_WHEELS = ('/other/odometry', *WHEELS[1:])


def test_speeds_of_the_only_odometry(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap', (IMAGES, WHEELS), 5)
    speeds = list(BagSpeeds(bag))
    assert [speed.speed_mps for speed in speeds] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert [speed.std_mps for speed in speeds] == pytest.approx([0.0, *[0.02] * 4])
    assert speeds[3].stamp_s == pytest.approx(1e-9 * (START_NS + 3 * STEP_NS), abs=1e-6)


def test_topic_must_be_chosen_among_several(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'sqlite3', (IMAGES, WHEELS, OTHER_WHEELS), 3)
    with pytest.raises(SourceError, match=r'2 odometry topics; choose with --scale-topic one of'):
        BagSpeeds(bag)
    assert BagSpeeds(bag, '/other/odometry').topic == '/other/odometry'


def test_what_has_no_speeds_says_so(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap', (IMAGES,), 3)
    with pytest.raises(SourceError, match=r'has no odometry topic.*--scale-source topic'):
        open_speeds(bag, True, None)
    with pytest.raises(SourceError, match=r'comes without speeds.*Use a bag'):
        open_speeds(tmp_path, True, None)
    with pytest.raises(SourceError, match=r'--scale-topic /wheels is given.*Add --scale-source'):
        open_speeds(bag, False, '/wheels')
    assert not list(open_speeds(bag, False, None))


def test_what_is_no_speed_is_skipped_with_a_warning(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def sometimes_nan(index: int) -> bytes:
        return odometry_message(index, math.nan if index % 2 else 1.0)

    bag = write_bag(tmp_path / 'bag', 'mcap', (IMAGES, (*WHEELS[:2], sometimes_nan)), 6)
    assert [speed.speed_mps for speed in BagSpeeds(bag)] == [1.0, 1.0, 1.0]
    assert capsys.readouterr().err.count('speed is nan m/s') == 1


class Listener(VisualOdometry):
    """Remember the speeds that came, too."""

    def __init__(self) -> None:
        super().__init__(OdometryConfig(scale_source='topic'))
        self.latest_s: list[float] = []

    def add_speed(self, speed: Speed) -> None:
        super().add_speed(speed)
        self.latest_s.append(speed.stamp_s)


def test_odometry_gets_speeds_up_to_a_little_after_the_image(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap', (IMAGES, WHEELS), 60)
    listener = Listener()
    frames = feed_speeds(BagSource(bag), BagSpeeds(bag), listener)
    lead_s = [listener.latest_s[-1] - frame.stamp_s for frame in frames]
    assert len(listener.latest_s) == 60
    assert all(AHEAD_S - 0.05 < lead < AHEAD_S for lead in lead_s[:40])


@pytest.mark.slow
def test_path_of_a_recording_with_wheels_is_metric(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step_m, count, rate_hz = 0.05, 65, 1e9 / STEP_NS
    scene = RenderedScene(448, 336, moving=False, rate_hz=rate_hz, path=lambda time_s: camera_pose(
        -2.8 + step_m * rate_hz * time_s, 0.0, 0.4, pitch_rad=0.15))
    images = (*IMAGES[:2], lambda index: image_message(index, scene.frame(index).image_rgb))
    wheels = (*WHEELS[:2], lambda index: odometry_message(index, step_m * rate_hz))
    bag = write_bag(tmp_path / 'bag', 'mcap', (images, wheels), count)
    assert main(['odometry', str(bag), '--output', str(tmp_path / 'out'),
                 '--scale-source', 'topic']) == 0
    summary = json.loads((tmp_path / 'out' / 'summary.json').read_text())
    assert (summary['scale_source'], summary['length_unit']) == ('topic', 'm')
    assert 0.005 < summary['scale_std'] < 0.1
    before = summary['poses_before_scale']
    assert 40 < before < count - 3
    assert f'its first {before} poses in an arbitrary unit' in capsys.readouterr().out
    path_m = np.loadtxt(tmp_path / 'out' / 'trajectory.tum')[before:, 1:4]
    steps_m = np.linalg.norm(np.diff(path_m, axis=0), axis=1)
    assert np.median(steps_m) == pytest.approx(step_m, rel=0.05)
