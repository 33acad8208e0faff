# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A front end that another package brings is known to Python interface, command line and node."""

import os
from pathlib import Path
import subprocess
import sys

from clips import Clip
import cv2
import numpy as np
from plugin_front_end import install, python_path, STEP_M
import pytest

from anycam_ros.errors import ConfigError, FrameError
from anycam_ros.frontend import registry
from anycam_ros.frontend.registry import BUILT_IN, front_end_names
from anycam_ros.odometry import OdometryConfig, TrackingState, VisualOdometry


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    install(tmp_path / 'site')
    return tmp_path / 'site'


def run_python(plugin: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], text=True, check=False,
                          env={**os.environ, 'PYTHONPATH': python_path(plugin)},
                          capture_output=True, timeout=300,
                          cwd=Path(__file__).resolve().parents[2])


def test_the_odometry_runs_with_it(plugin: Path) -> None:
    done = run_python(plugin, '-c', f"""
import numpy as np
from anycam_ros.odometry import Frame, OdometryConfig, TrackingState, VisualOdometry
odometry = VisualOdometry(OdometryConfig(motion='steady'))
picture = np.zeros((96, 128, 3), np.uint8)
estimates = [odometry.process(Frame(0.1 * n, picture)) for n in range(5)]
assert estimates[0] is None
assert np.allclose(estimates[-1].T_odom_camera[:3, 3], (4 * {STEP_M}, 0, 0))
assert np.allclose(estimates[-1].twist[2], {STEP_M} / 0.1)
assert (estimates[-1].status, estimates[-1].scale_source) == (TrackingState.TRACKING, 'depth')
assert estimates[-1].focal_source == 'given'
assert odometry.processing_camera.intrinsics.width == 64
odometry.restart()
assert odometry.process(Frame(0.0, picture)) is None
                      """)
    assert done.returncode == 0, done.stderr


def test_the_command_line_runs_with_it(plugin: Path, walk: Clip, tmp_path: Path) -> None:
    images = tmp_path / 'images'
    images.mkdir()
    for index in range(4):
        cv2.imwrite(str(images / f'{index}.png'), walk.frame(index).image_rgb)
    done = run_python(plugin, '-m', 'anycam_ros.cli', 'odometry', str(images), '--output',
                      str(tmp_path / 'out'), '--motion', 'steady')
    assert done.returncode == 0, done.stderr
    rows = np.loadtxt(tmp_path / 'out' / 'trajectory.tum')
    np.testing.assert_allclose(np.linalg.norm(np.diff(rows[:, 1:4], axis=0), axis=1), STEP_M)


def test_names_of_front_ends_are_those_of_the_table() -> None:
    assert front_end_names() == tuple(BUILT_IN)
    with pytest.raises(ConfigError, match=r"motion is 'steady'; allowed: .*'geometric'"):
        OdometryConfig(motion='steady')


def test_a_front_end_says_at_once_what_it_lacks() -> None:
    with pytest.raises(ConfigError, match=r"motion is 'network', but depth is 'none'"):
        OdometryConfig(motion='network')
    with pytest.raises(ConfigError, match=r"motion is 'network', but weights is empty"):
        OdometryConfig(motion='network', depth='topic')


def test_the_odometry_has_no_camera_before_the_first_frame(walk: Clip) -> None:
    odometry = VisualOdometry()
    with pytest.raises(FrameError, match='no frame has been processed yet'):
        _ = odometry.processing_camera
    odometry.process(walk.frame(0))
    assert odometry.processing_camera.intrinsics.width == 448
    estimate = odometry.process(walk.frame(1))
    assert estimate is not None
    assert estimate.status is not TrackingState.LOST


@pytest.mark.parametrize(('uncertainty', 'installed', 'said'), [
    ('auto', False, True), ('auto', True, False), ('epipolar', False, False)])
def test_a_network_that_cannot_run_is_told(monkeypatch: pytest.MonkeyPatch, uncertainty: str,
                                           installed: bool, said: bool) -> None:
    monkeypatch.setattr(registry, 'runtime_is_installed', lambda: installed)
    config = OdometryConfig(uncertainty=uncertainty)
    assert ('pip install onnxruntime' in registry.told_by_geometry(config)) is said
