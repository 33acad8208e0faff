# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of both storages: whole, split, cut off anywhere; topics and calibration."""

from pathlib import Path

from mcap.writer import CompressionType
import pytest
from recordings import (
    CAMERA_INFO,
    camera_info_message,
    COMPRESSED,
    cut,
    IMAGES,
    picture,
    read_until_break,
    stamps_ns,
    write_bag,
    write_compressed_mcap,
)

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.recordings.readers.bag import BagSource
from anycam_ros.recordings.readers.open_recording import open_recording

STORAGES = ('mcap', 'sqlite3')


@pytest.mark.parametrize('as_folder', [True, False])
@pytest.mark.parametrize('topic', [IMAGES, COMPRESSED])
@pytest.mark.parametrize('storage', STORAGES)
def test_every_frame_is_read_in_order(
        tmp_path: Path, storage: str, topic: tuple[str, str, object], as_folder: bool) -> None:
    file = write_bag(tmp_path / 'bag', storage, [topic])
    source = BagSource(file.parent if as_folder else file)
    assert source.total == 20
    assert topic[0] in source.description
    assert read_until_break(source) == (list(range(20)), '')
    assert [frame.stamp_ns for frame in source] == stamps_ns(20)
    assert {frame.frame_id for frame in source} == {'camera_optical'}


@pytest.mark.parametrize('storage', STORAGES)
def test_bag_whose_recorder_was_killed_is_read_file_by_file(tmp_path: Path, storage: str) -> None:
    part = write_bag(tmp_path / 'part', storage, count=100)
    folder = tmp_path / 'split'
    cut(part, folder / f'split_9{part.suffix}', part.stat().st_size)
    cut(part, folder / f'split_10{part.suffix}', int(0.8 * part.stat().st_size))
    numbers, reason = read_until_break(open_recording(folder))
    assert f'split_10{part.suffix} breaks off' in reason
    assert len(numbers) > 120
    assert numbers == [index % 100 for index in range(len(numbers))]


@pytest.mark.parametrize('share', [0.55, 0.7, 0.9])
@pytest.mark.parametrize('storage', STORAGES)
def test_cut_bag_gives_the_frames_before_the_cut_and_says_where(
        tmp_path: Path, storage: str, share: float) -> None:
    whole = write_bag(tmp_path / 'bag', storage, count=120)
    keep = int(share * whole.stat().st_size)
    numbers, reason = read_until_break(BagSource(cut(whole, tmp_path / whole.name, keep)))
    assert numbers == list(range(len(numbers)))
    assert max(1, share * 120 - 60) < len(numbers) < share * 120 + 2
    assert str(keep) in reason
    assert 'breaks off' in reason


def test_mcap_that_lacks_only_its_footer_loses_no_frame(tmp_path: Path) -> None:
    whole = write_bag(tmp_path / 'bag', 'mcap')
    killed = cut(whole, tmp_path / 'killed.mcap', whole.stat().st_size - 20)
    numbers, reason = read_until_break(BagSource(killed))
    assert numbers == list(range(20))
    assert 'breaks off' in reason


@pytest.mark.parametrize('compression', [CompressionType.ZSTD, CompressionType.LZ4])
def test_cut_bag_with_compressed_chunks(tmp_path: Path, compression: CompressionType) -> None:
    whole = write_compressed_mcap(tmp_path / 'whole.mcap', compression, count=40)
    assert read_until_break(BagSource(whole)) == (list(range(40)), '')
    keep = int(0.6 * whole.stat().st_size)
    numbers, reason = read_until_break(BagSource(cut(whole, tmp_path / 'cut.mcap', keep)))
    assert numbers == list(range(len(numbers)))
    assert 8 < len(numbers) < 32
    assert 'breaks off after byte' in reason


def test_damaged_bytes_inside_a_whole_file_end_the_frames(tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'bag', 'mcap', count=120)
    data = bytearray(file.read_bytes())
    pixels = data.index(picture(80).tobytes())
    data[pixels - 200:pixels] = bytes(200)   # the head of message 80
    file.write_bytes(data)
    numbers, reason = read_until_break(BagSource(file))
    assert numbers == list(range(len(numbers)))
    assert 57 <= len(numbers) <= 80   # a reader that checks the chunk sees the damage earlier
    assert str(file) in reason


@pytest.mark.parametrize(('name', 'content'), [
    ('empty.mcap', b''), ('short.mcap', b'\x89MCAP0\r\n\x01'), ('empty.db3', b''),
    ('text.db3', b'this is no database at all' * 50), ('text.mcap', b'nor is this a bag' * 50)])
def test_what_holds_no_message_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match='no readable message'):
        BagSource(tmp_path / name)


def test_several_image_topics_are_listed_until_one_is_chosen(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap', [IMAGES, COMPRESSED]).parent
    with pytest.raises(SourceError, match=r'2 image topics.*--topic') as caught:
        BagSource(bag)
    assert f'{COMPRESSED[0]}  ({COMPRESSED[1]}, 20 messages)' in str(caught.value)
    numbers, reason = read_until_break(BagSource(bag, COMPRESSED[0]))
    assert (numbers, reason) == (list(range(20)), '')


def test_topic_that_is_not_in_the_bag_is_refused(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'sqlite3')
    with pytest.raises(SourceError, match=r'no image topic /image; choose.*\n  /camera/image_raw'):
        BagSource(bag, '/image')


def test_bag_without_images_is_refused(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap', [CAMERA_INFO])
    with pytest.raises(SourceError, match=r'no image topic.*its topics: /camera/camera_info'):
        BagSource(bag)


@pytest.mark.parametrize('topic', [IMAGES, COMPRESSED])
def test_calibration_comes_from_camera_info_when_asked_for(
        tmp_path: Path, topic: tuple[str, str, object]) -> None:
    bag = write_bag(tmp_path / 'bag', 'mcap', [topic, CAMERA_INFO])
    for frame in BagSource(bag, calibrated=True):
        intrinsics = frame.load().intrinsics
        assert intrinsics is not None
        assert (intrinsics.fx, intrinsics.width, intrinsics.distortion[1]) == (80.0, 96, -0.2)
    assert next(iter(BagSource(bag))).load().intrinsics is None


def test_missing_or_empty_calibration_is_refused_when_asked_for(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'without', 'mcap')
    with pytest.raises(SourceError, match=r'no topic /camera/camera_info.*Leave out'):
        BagSource(bag, calibrated=True)
    uncalibrated = (*CAMERA_INFO[:2], lambda index: camera_info_message(index, focal_px=0.0))
    bag = write_bag(tmp_path / 'empty', 'mcap', [IMAGES, uncalibrated])
    with pytest.raises(FrameError, match='uncalibrated'):
        next(iter(BagSource(bag, calibrated=True))).load()
