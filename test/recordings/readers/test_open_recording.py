# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of recording is recognised; everything else is refused with the way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recordings import number_in, write_bag, write_images, write_sequence, write_video

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.open_recording import open_recording

MAKERS: dict[str, Callable[[Path], Path]] = {
    'bag folder': lambda path: write_bag(path / 'bag', 'mcap', count=4).parent,
    'mcap file': lambda path: write_bag(path / 'bag', 'mcap', count=4),
    'db3 file': lambda path: write_bag(path / 'bag', 'sqlite3', count=4),
    'video': lambda path: write_video(path / 'clip.avi', 4),
    'images': lambda path: write_images(path / 'images', [f'{i}.png' for i in range(4)]),
    'sequence': lambda path: write_sequence(path / 'sequence', 4),
}


@pytest.mark.parametrize('kind', MAKERS)
def test_kind_is_recognised(tmp_path: Path, kind: str) -> None:
    source = open_recording(MAKERS[kind](tmp_path))
    frames = list(source)
    assert source.total == 4
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert kind.split(maxsplit=1)[0].removesuffix('s') in source.description \
        or source.description.startswith('bag')
    assert number_in(next(iter(source)).load().image_rgb) == 0


def make_image(path: Path) -> Path:
    return write_images(path / 'images', ['only.png']) / 'only.png'


def make_empty(path: Path) -> Path:
    (path / 'empty').mkdir()
    return path / 'empty'


def make_ros1(path: Path) -> Path:
    (path / 'old.bag').write_bytes(b'#ROSBAG V2.0')
    return path / 'old.bag'


@pytest.mark.parametrize(('make', 'options', 'message'), [
    (lambda path: path / 'nowhere', {}, 'does not exist. Give a ROS 2 bag'),
    (make_image, {}, 'is a single image'),
    (make_empty, {}, 'folder without images'),
    (make_ros1, {}, 'ROS 1 bag. Convert it: rosbags-convert'),
    (MAKERS['video'], {'topic': '/image'}, 'is no bag. Leave it out'),
    (MAKERS['mcap file'], {'fps': 30.0}, 'has stamps of its own. Leave it out'),
    (MAKERS['sequence'], {'fps': 30.0}, 'has stamps of its own. Leave it out'),
    (MAKERS['video'], {'calibrated': True}, 'without a calibration'),
    (MAKERS['images'], {'calibrated': True}, 'without a calibration'),
])
def test_unusable_input_is_refused_with_the_way_out(
        tmp_path: Path, make: Callable[[Path], Path], options: dict[str, Any],
        message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_recording(make(tmp_path), **options)
