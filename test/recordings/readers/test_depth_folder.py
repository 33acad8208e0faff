# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded depth reaches the frames that it belongs to, in metres."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from recordings import (
    COMPRESSED,
    COMPRESSED_DEPTH,
    cut,
    DEPTH,
    depth_message,
    depth_mm,
    IMAGES,
    read_until_break,
    STEP_NS,
    write_bag,
    write_images,
    write_sequence,
    write_video,
)

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.recordings.readers.bag import BagSource
from anycam_ros.recordings.readers.image_folder import SequenceFolder
from anycam_ros.recordings.readers.open_recording import open_recording


def with_depth(sequence: Path, indices: range, scale: int = 1) -> Path:
    (sequence / 'depth').mkdir()
    for index in indices:
        assert cv2.imwrite(str(sequence / f'depth/{index:06d}.png'), scale * depth_mm(index))
    return sequence


def assert_depths(source: Any, expected_mm: list[int | None]) -> None:  # noqa: ANN401
    depths = [frame.load().depth_m for frame in source]
    assert [None if depth is None else round(1000 * float(depth[5, 5])) for depth in depths] \
        == expected_mm
    assert all(depth is None or depth[5, 0] == 0 for depth in depths)


def test_sequence_has_depth_where_it_was_recorded(tmp_path: Path) -> None:
    folder = with_depth(write_sequence(tmp_path / 'sequence', 5), range(0, 5, 2))
    assert_depths(SequenceFolder(folder, with_depth=True), [1000, None, 1020, None, 1040])
    assert_depths(SequenceFolder(folder), [None] * 5)


def test_scale_and_invalid_values_come_from_camera_yaml(tmp_path: Path) -> None:
    folder = with_depth(write_sequence(tmp_path / 'sequence', 1, 'depth_scale: 5000.0\n'
                                       'depth_invalid: [0, 65535]\n'), range(1), scale=5)
    depth = 5 * depth_mm(0)
    depth[7, 7] = 65535
    assert cv2.imwrite(str(folder / 'depth/000000.png'), depth)
    depth_m = next(iter(SequenceFolder(folder, with_depth=True))).load().depth_m
    assert depth_m is not None
    assert depth_m[5, 5] == pytest.approx(1.0)
    assert (depth_m[7, 7], depth_m[5, 0]) == (0, 0)


REGISTRATION = ('fx: 80\nfy: 82\ncx: 40\ncy: 30\n'
                'depth_fx: 100\ndepth_fy: 90\n')


def test_depth_of_a_camera_of_its_own_is_brought_to_the_image(tmp_path: Path) -> None:
    """A point in front of both cameras is seen at (u, v) by the one, at (u', v') by the other."""
    folder = with_depth(write_sequence(tmp_path / 'sequence', 1, REGISTRATION), range(1))
    rows, columns = np.indices((64, 96))
    assert cv2.imwrite(str(folder / 'depth/000000.png'), (
        1000 + 100 * rows + columns).astype(np.uint16))
    depth_m = next(iter(SequenceFolder(folder, with_depth=True))).load().depth_m
    assert depth_m is not None
    for ray in ((0.0, 0.0), (0.25, 0.1), (-0.3, -0.2)):
        u, v = round(80 * ray[0] + 40), round(82 * ray[1] + 30)
        seen = round(1000 * float(depth_m[v, u])) - 1000
        assert seen % 100 == pytest.approx(100 * (u - 40) / 80 + 40, abs=0.6)
        assert seen // 100 == pytest.approx(90 * (v - 30) / 82 + 30, abs=0.6)
    assert depth_m[30, 0] == 0      # beyond the edge of the depth


@pytest.mark.parametrize('line', ['depth_fy: 90', 'fx: 80', 'cx: 40', 'fy: 82'])
def test_depth_that_cannot_be_brought_to_the_image_is_refused(tmp_path: Path,
                                                              line: str) -> None:
    folder = with_depth(write_sequence(tmp_path / 'sequence', 1, REGISTRATION.replace(
        f'\n{line}' if line != 'fx: 80' else line, '')), range(1))
    with pytest.raises(SourceError, match=r'unusable.*Leave depth_fx and depth_fy out'):
        SequenceFolder(folder, with_depth=True)


@pytest.mark.parametrize('camera', ['depth_scale: 0', 'depth_scale: mm', '- 1', ': : :',
                                    'depth_invalid: [x]', 'depth_scale: .nan'])
def test_unusable_scale_is_refused(tmp_path: Path, camera: str) -> None:
    folder = with_depth(write_sequence(tmp_path / 'sequence', 2, camera), range(2))
    with pytest.raises(SourceError, match=r'unusable.*depth_scale must be the units per metre'):
        SequenceFolder(folder, with_depth=True)


@pytest.mark.parametrize(('content', 'message'), [
    (cv2.imencode('.png', np.zeros((32, 48), np.uint16))[1].tobytes(),
     'depth is 48x32 px, the image 96x64 px'),
    (cv2.imencode('.png', np.zeros((64, 96), np.uint8))[1].tobytes(), '16 bits'),
    (b'no image', 'cannot be decoded')])
def test_unusable_depth_is_refused_for_its_frame(tmp_path: Path, content: bytes,
                                                 message: str) -> None:
    folder = with_depth(write_sequence(tmp_path / 'sequence', 2), range(2))
    (folder / 'depth/000000.png').write_bytes(content)
    bad, good = SequenceFolder(folder, with_depth=True)
    with pytest.raises(FrameError, match=message):
        bad.load()
    assert good.load().depth_m is not None


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('depth', [DEPTH, COMPRESSED_DEPTH])
@pytest.mark.parametrize('image', [IMAGES, COMPRESSED])
def test_bag_finds_its_depth_topic(tmp_path: Path, image: Any, depth: Any,  # noqa: ANN401
                                   storage: str) -> None:
    bag = write_bag(tmp_path / 'bag', storage, [depth, image], count=6)
    source = BagSource(bag, with_depth=True)
    assert f'topic {image[0]}, depth from {depth[0]}' in source.description
    assert_depths(source, [1000 + 10 * index for index in range(6)])
    assert source.total == 6


@pytest.mark.parametrize(('late_ns', 'expected'), [
    (15_000_000, [1000, 1010, 1020, 1030]), (-15_000_000, [1000, 1010, 1020, 1030]),
    (STEP_NS, [None, 1000, 1010, 1020]), (-2 * STEP_NS, [1020, 1030, None, None]),
    (STEP_NS + 25_000_000, [None, None, 1000, 1010])])
@pytest.mark.parametrize('order', [(0, 1), (1, 0)])
def test_depth_is_matched_by_its_stamp_in_whatever_order_it_was_recorded(
        tmp_path: Path, late_ns: int, expected: list[int | None], order: tuple[int, int]) -> None:
    topics = [IMAGES, (*DEPTH[:2], lambda index: depth_message(index, late_ns))]
    bag = write_bag(tmp_path / 'bag', 'mcap', [topics[i] for i in order], count=4)
    assert_depths(BagSource(bag, with_depth=True), expected)


def test_images_do_not_wait_for_depth_for_ever(tmp_path: Path) -> None:
    late = (*DEPTH[:2], lambda index: depth_message(index, -10 ** 12))
    bag = write_bag(tmp_path / 'bag', 'mcap', [IMAGES, late], count=60)
    assert read_until_break(BagSource(bag, with_depth=True)) == (list(range(60)), '')


def test_cut_bag_loses_no_image_that_waits_for_depth(tmp_path: Path) -> None:
    late = (*DEPTH[:2], lambda index: depth_message(index, -10 ** 12))
    whole = write_bag(tmp_path / 'bag', 'mcap', [IMAGES, late], count=120)
    cut_off = cut(whole, tmp_path / 'cut.mcap', int(0.7 * whole.stat().st_size))
    with_, without = (read_until_break(BagSource(cut_off, IMAGES[0], with_depth=asked))
                      for asked in (True, False))
    assert with_ == without
    assert 'breaks off' in with_[1]


def two_depth_topics(path: Path) -> Path:
    other = ('/other/depth', *DEPTH[1:])
    return write_bag(path / 'bag', 'mcap', [IMAGES, DEPTH, other], count=2)


def test_one_of_several_depth_topics_is_chosen(tmp_path: Path) -> None:
    source = open_recording(two_depth_topics(tmp_path), with_depth=True,
                            depth_topic='/other/depth')
    assert_depths(source, [1000, 1010])


@pytest.mark.parametrize(('make', 'options', 'message'), [
    (lambda path: write_bag(path / 'bag', 'mcap'), {}, 'no depth topic; .*Leave out --depth'),
    (two_depth_topics, {}, '2 depth topics; choose with --depth-topic'),
    (two_depth_topics, {'depth_topic': '/none'}, 'no depth topic /none; choose'),
    (lambda path: write_sequence(path / 'sequence', 2), {}, 'has no depth/ with PNG'),
    (lambda path: write_video(path / 'clip.avi', 4), {}, 'without depth'),
    (lambda path: write_images(path / 'images', ['0.png', '1.png']), {}, 'without depth'),
    (lambda path: write_sequence(path / 'sequence', 2), {'depth_topic': '/x'},
     '--depth-topic /x is given, but .* is no bag')])
def test_missing_depth_is_refused_with_the_way_out(
        tmp_path: Path, make: Callable[[Path], Path], options: dict[str, str],
        message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_recording(make(tmp_path), with_depth=True, **options)


def test_depth_topic_without_depth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='Add --depth topic'):
        open_recording(two_depth_topics(tmp_path), depth_topic='/other/depth')
