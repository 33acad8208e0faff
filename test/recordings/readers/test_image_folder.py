# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image folders and sequence folders."""

from pathlib import Path

import pytest
from recordings import cut, number_in, stamps_ns, write_images, write_sequence

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.recordings.readers.image_folder import ImageFolder, SequenceFolder

CAMERA = 'width: 96\nheight: 64\nfx: 80.5\nfy: 81.5\ncx: 47\ncy: 31\ndistortion: [0.1, 0, 0, 0]\n'


def test_images_come_in_natural_order_at_the_given_rate(tmp_path: Path) -> None:
    folder = write_images(tmp_path / 'images', ['f_8.png', 'f_9.png', 'f_10.png', 'f_011.jpg'])
    (folder / 'notes.txt').write_text('not an image')
    source = ImageFolder(folder, fps=10)
    frames = [(frame.index, frame.stamp_ns, number_in(frame.load().image_rgb))
              for frame in source]
    assert frames == [(0, 0, 0), (1, 10 ** 8, 1), (2, 2 * 10 ** 8, 2), (3, 3 * 10 ** 8, 3)]
    assert source.total == 4


def test_assumed_rate_is_said(tmp_path: Path) -> None:
    source = ImageFolder(write_images(tmp_path / 'images', ['0.png', '1.png']))
    assert '30 frames per second (assumed' in source.description
    assert [frame.stamp_ns for frame in source] == [0, 33_333_333]


def test_sequence_has_its_own_stamps_to_the_nanosecond(tmp_path: Path) -> None:
    source = SequenceFolder(write_sequence(tmp_path / 'sequence', 5, CAMERA))
    frames = list(source)
    assert [frame.stamp_ns for frame in frames] == stamps_ns(5)
    loaded = [frame.load() for frame in frames]
    assert [number_in(frame.image_rgb) for frame in loaded] == list(range(5))
    assert loaded[0].stamp_s == pytest.approx(stamps_ns(1)[0] * 1e-9, abs=1e-6)
    assert loaded[0].intrinsics is None


def test_calibration_is_read_when_asked_for(tmp_path: Path) -> None:
    source = SequenceFolder(write_sequence(tmp_path / 'sequence', 2, CAMERA), calibrated=True)
    camera = next(iter(source)).load().intrinsics
    assert camera is not None
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (80.5, 81.5, 47, 31)
    assert (camera.distortion, camera.distortion_model) == ((0.1, 0, 0, 0), 'plumb_bob')


@pytest.mark.parametrize(('camera', 'message'), [
    (None, 'camera.yaml does not exist'),
    (CAMERA.replace('80.5', 'null'), 'unusable'),
    (CAMERA.replace('80.5', '-1'), 'fx=-1'),
    (CAMERA.replace('fx', 'focal'), r"unusable \(KeyError\('fx'\)"),
    (': : :', 'unusable')])
def test_missing_or_impossible_calibration_is_refused(
        tmp_path: Path, camera: str | None, message: str) -> None:
    folder = write_sequence(tmp_path / 'sequence', 2, camera)
    with pytest.raises(SourceError, match=message) as caught:
        SequenceFolder(folder, calibrated=True)
    assert 'Leave out --intrinsics given' in str(caught.value)


@pytest.mark.parametrize(('line', 'message'), [
    ('0.1', "line 2 is '0.1'"), ('now rgb/0.png', "line 2 is 'now rgb/0.png'"),
    ('', 'names no image')])
def test_unreadable_stamps_are_refused(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / 'timestamps.txt').write_text(f'# stamps\n{line}\n')
    with pytest.raises(SourceError, match=message):
        SequenceFolder(tmp_path)


def test_one_unreadable_image_is_refused_alone(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / 'sequence', 4)
    (folder / 'rgb/000001.png').unlink()
    image = folder / 'rgb/000002.png'
    cut(image, image, 30)
    frames = list(SequenceFolder(folder))
    assert number_in(frames[3].load().image_rgb) == 3
    with pytest.raises(FrameError, match=r'000001\.png cannot be read: No such file'):
        frames[1].load()
    with pytest.raises(FrameError, match=r'30 bytes.*cannot be decoded'):
        frames[2].load()
