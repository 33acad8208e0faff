# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames, flow and depth of recordings of every kind come into the cache, and stay right."""

from pathlib import Path

import cv2
from mcap.writer import CompressionType
import numpy as np
import pytest

pytest.importorskip('torch', reason='PyTorch is not installed')

from recordings import (
    cut,
    number_in,
    write_bag,
    write_compressed_mcap,
    write_sequence,
    write_video,
)
from rendered_pictures import cached, contents, HEIGHT, pictures, SIDE, write_pictures

from anycam_ros.errors import SourceError
from anycam_ros.flow.dis import DisFlow
from anycam_ros.training.sources.fill_cache import fill_caches
from anycam_ros.training.sources.frame_cache import FrameCache
from anycam_ros.training.sources.recording import file_recording
from anycam_ros.training.sources.simulated import simulated_recordings


def test_pictures_and_flow_are_those_of_the_square_in_the_middle(tmp_path: Path) -> None:
    cache = cached(tmp_path / 'cache', file_recording(write_pictures(tmp_path / 'p', 2)))
    assert cache.frames() == {0: False, 1: True}
    first, second = (cv2.resize(picture[:, 14:14 + HEIGHT], (336, 336))
                     for picture in pictures()[:2])
    np.testing.assert_array_equal(cache.get(1).image, cv2.resize(
        second, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    assert cache.get(0).forward_px is None
    for way, found in zip(DisFlow().both_ways(first, second),
                          (cache.get(1).forward_px, cache.get(1).backward_px), strict=True):
        expected = cv2.resize(way, (SIDE, SIDE), interpolation=cv2.INTER_AREA) * SIDE / 336
        assert found is not None
        np.testing.assert_allclose(found, expected, atol=2e-3)
        assert np.abs(expected).max() > 0.5


@pytest.mark.parametrize('kind', ['mcap', 'sqlite3', 'video', 'sequence'])
def test_recordings_of_every_kind_are_cached(kind: str, tmp_path: Path) -> None:
    if kind == 'video':
        path = write_video(tmp_path / 'video.avi', 4)
    elif kind == 'sequence':
        path = write_sequence(tmp_path / 'sequence', 4)
    else:
        path = write_bag(tmp_path / 'bag', kind, count=4)
    cache = cached(tmp_path / 'cache', file_recording(path))
    assert cache.frames() == {0: False, 1: True, 2: True, 3: True}
    # The square cuts the stripes of the bits 0 and 7 off.
    squares = [cv2.resize(cache.get(index).image, (64, 64)) for index in range(4)]
    numbers = [number_in(np.pad(square, ((0, 0), (16, 16), (0, 0)))) for square in squares]
    assert numbers == [0, 0, 2, 2]
    assert cache.figures is not None
    assert cache.figures['frames'] == 4


def test_depth_that_comes_along_is_cached(tmp_path: Path) -> None:
    recording, = simulated_recordings(1, 2, seed=11)      # 448x336
    frames = [frame.load() for frame in recording.open()]
    depth_m = cached(tmp_path, recording, 'topic').get(1).depth_m
    assert frames[1].depth_m is not None
    middle = frames[1].depth_m[:, 56:56 + 336]
    assert depth_m is not None
    np.testing.assert_allclose(depth_m, cv2.resize(middle, (SIDE, SIDE),
                                                   interpolation=cv2.INTER_NEAREST), rtol=1e-3)


def test_frames_without_the_depth_they_need_are_skipped_and_told(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / 'sequence', 3)
    cache = cached(tmp_path / 'cache', file_recording(folder), 'topic')
    assert cache.figures is not None
    assert cache.figures['skipped'] == 3
    assert "Set depth to 'none' or to a model" in str(cache.figures['skipped_frames'])


def test_corrupt_frames_are_skipped_counted_and_never_bridged(
        tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_pictures(tmp_path / 'p', damaged=(2,))
    cache = cached(tmp_path / 'cache', file_recording(folder))
    assert cache.frames() == {0: False, 1: True, 3: False, 4: True, 5: True}
    assert cache.figures is not None
    assert cache.figures['skipped'] == 1
    assert '5 frames cached, 1 skipped (0002.png: ' in caplog.text


def test_a_recording_that_breaks_off_gives_what_comes_before(
        tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = write_compressed_mcap(tmp_path / 'whole.mcap', CompressionType.NONE, 12)
    broken = cut(whole, tmp_path / 'broken.mcap', whole.stat().st_size // 2)
    cache = cached(tmp_path / 'cache', file_recording(broken))
    assert 2 <= len(cache.frames()) < 12
    assert 'it breaks off: ' in caplog.text
    assert cache.figures is not None


def test_what_is_cached_is_not_computed_again(tmp_path: Path) -> None:
    recording = file_recording(write_pictures(tmp_path / 'p'))
    cache = cached(tmp_path / 'cache', recording)
    before = contents(cache)
    fill_caches([recording], [cache], lambda: pytest.fail('nothing is missing'), SIDE)
    lost = next(cache.folder.glob('*3.npz'))
    lost.unlink()
    others = {file: file.stat().st_mtime_ns for file in cache.folder.glob('*.npz')}
    cached(tmp_path / 'cache', recording)
    assert contents(cache) == before
    assert {file: file.stat().st_mtime_ns for file in others} == others


def test_another_recording_at_the_same_place_has_a_cache_of_its_own(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / 'p', 2)
    first = cached(tmp_path / 'cache', file_recording(folder))
    (folder / '0001.png').write_bytes((folder / '0000.png').read_bytes())
    second = cached(tmp_path / 'cache', file_recording(folder))
    assert second.folder != first.folder


def test_a_damaged_file_of_the_cache_is_named(tmp_path: Path) -> None:
    cache = cached(tmp_path / 'cache', file_recording(write_pictures(tmp_path / 'p', 2)))
    file = next(cache.folder.glob('*1.npz'))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(SourceError, match=f'{file.name} is damaged .* Delete it'):
        cache.get(1)


def test_a_bad_recording_is_told_before_anything_is_computed(tmp_path: Path) -> None:
    good, bad = (file_recording(path) for path in (
        write_pictures(tmp_path / 'p', 2), write_bag(tmp_path / 'bag', 'mcap', ()).parent))
    caches = [FrameCache(tmp_path / 'cache', one.name, one.identity) for one in (good, bad)]
    with pytest.raises(SourceError, match='no image topic'):
        fill_caches([good, bad], caches, lambda: pytest.fail('too late'), SIDE)
