# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rendered clip on disk is a sequence with truth, and is rendered once."""

from pathlib import Path

from clip import rendered_clip
import numpy as np
import pytest

from anycam_ros.recordings.readers.image_folder import read_camera
from anycam_ros.recordings.readers.open_recording import open_recording
from anycam_ros.recordings.writers.tum import read_trajectory
from anycam_ros.simulation.rendered_scene import RenderedScene

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered_clip(tmp_path_factory.mktemp('clip'), duration_s=0.2)


def test_clip_is_the_scene(clip: Path) -> None:
    scene = RenderedScene(duration_s=0.2)
    frames = list(open_recording(clip))
    assert len(frames) == len(scene) == 6
    truth = read_trajectory(clip / 'groundtruth.txt')
    for index, frame in enumerate(frames):
        assert frame.stamp_s == pytest.approx(index / 30)
        difference = frame.load().image_rgb.astype(float) - scene.frame(index).image_rgb
        assert np.abs(difference).mean() < 6   # JPEG halves the resolution of colours
        np.testing.assert_allclose(truth.positions[index], scene.true_pose(index)[:3, 3],
                                   atol=1e-8)
    assert read_camera(clip / 'camera.yaml').fx == scene.intrinsics.fx


def test_clip_is_kept_until_it_would_look_different(clip: Path) -> None:
    image = clip / 'rgb/000000.jpg'
    rendered_at = image.stat().st_mtime_ns
    rendered_clip(clip, duration_s=0.2)
    assert image.stat().st_mtime_ns == rendered_at
    (clip / 'version.txt').write_text('an earlier renderer')
    rendered_clip(clip, duration_s=0.2)
    assert image.stat().st_mtime_ns > rendered_at
