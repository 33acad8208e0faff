# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Videos: stamps of the container, files that break off."""

from pathlib import Path

import pytest
from recordings import cut, number_in, read_until_break, write_video

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.video import VideoSource

CONTAINERS = [('clip.avi', 'MJPG'), ('clip.mp4', 'mp4v')]


@pytest.mark.parametrize(('name', 'codec'), CONTAINERS)
def test_every_frame_is_read_with_its_stamp(tmp_path: Path, name: str, codec: str) -> None:
    source = VideoSource(write_video(tmp_path / name, 20, codec))
    frames = [(frame.stamp_ns, number_in(frame.load().image_rgb)) for frame in source]
    assert frames == [(40_000_000 * index, index) for index in range(20)]
    assert source.total == 20


def test_given_rate_replaces_the_stamps(tmp_path: Path) -> None:
    source = VideoSource(write_video(tmp_path / 'clip.avi', 4), fps=50)
    assert [frame.stamp_ns for frame in source] == [0, 20_000_000, 40_000_000, 60_000_000]


@pytest.mark.parametrize('fps', [None, 25.0])
@pytest.mark.parametrize('share', [0.3, 0.6, 0.85])
def test_cut_video_gives_the_frames_before_the_cut_and_says_where(
        tmp_path: Path, share: float, fps: float | None) -> None:
    whole = write_video(tmp_path / 'whole.avi', 60)
    source = VideoSource(cut(whole, tmp_path / 'cut.avi', int(share * whole.stat().st_size)), fps)
    numbers, reason = read_until_break(source)
    assert 1 < len(numbers) < 60
    assert numbers[:-1] == list(range(len(numbers) - 1))
    assert f'breaks off after frame {len(numbers) - 1} (stamp ' in reason
    assert 'promises 60 frames' in reason


@pytest.mark.parametrize(('name', 'content'), [
    ('cut.mp4', None), ('empty.mp4', b''), ('notes.txt', b'hello'), ('noise.avi', bytes(5000))])
def test_what_no_decoder_opens_is_refused(
        tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is None:   # the index of an MP4 stands at its end
        whole = write_video(tmp_path / 'whole.mp4', 20, 'mp4v')
        content = whole.read_bytes()[:whole.stat().st_size // 2]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=f'{name} is no video that OpenCV can open'):
        VideoSource(tmp_path / name)
