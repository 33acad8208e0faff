# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What there is to train on is found, or the message says what is missing."""

from pathlib import Path

import pytest
from recordings import COMPRESSED, DEPTH, IMAGES, WHEELS, write_bag, write_images, write_video

pytest.importorskip('torch', reason='PyTorch is not installed')

from anycam_ros.errors import ConfigError, SourceError
from anycam_ros.training.sources.data_sets import read_data_sets
from anycam_ros.training.sources.fill_cache import fill_caches
from anycam_ros.training.sources.find_recordings import find_recordings
from anycam_ros.training.sources.frame_cache import FrameCache
from anycam_ros.training.sources.layouts import LAYOUTS, sequences_of

FILES = {
    'realestate10k': ('frames_720/test/0a1c/%d000.jpg', 'frames_720/train/0a1b/%d000.jpg'),
    'youtube_vos': ('train/JPEGImages/003/%05d.jpg', 'valid/JPEGImages/004/%05d.jpg'),
    'walking_tours': ('Amsterdam/%06d.jpg', 'Bangkok/%06d.jpg'),
    'opendv': ('full_images/Driver/xyz1/%09d.jpg', 'val_images/Other/xyz2/%09d.jpg'),
    'epic_kitchens': ('P01/rgb_frames/P01_01/frame_%010d.jpg',
                      'P02/rgb_frames/P02_03/frame_%010d.jpg'),
}
BESIDE = ('train/Annotations/003/00000.png', 'P01/flow_frames/P01_01/u/frame_0.jpg',
          'P01/videos/P01_01.MP4', 'train/0a1b.txt', 'frames_720/train/0a1b.txt')


def test_every_recording_in_a_folder_is_found(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'b_bag', 'mcap').parent
    loose = write_bag(tmp_path / 'elsewhere', 'mcap').rename(tmp_path / 'c.mcap')
    (tmp_path / 'elsewhere' / 'metadata.yaml').unlink()
    images = write_images(tmp_path / 'a' / 'images', ['1.png', '2.png'])
    video = write_video(tmp_path / 'd.avi', 3)
    assert find_recordings(tmp_path) == [images, bag, loose, video]
    assert find_recordings(video) == [video]


def test_a_folder_with_nothing_says_what_could_be_in_it(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').write_text('no pictures')
    with pytest.raises(SourceError, match=r'holds nothing to train on: no bag \(\.mcap, \.db3\)'):
        find_recordings(tmp_path)
    with pytest.raises(SourceError, match='does not exist'):
        find_recordings(tmp_path / 'missing')


def test_a_bag_without_images_is_told_with_its_topics(tmp_path: Path) -> None:
    write_bag(tmp_path / 'bag', 'mcap', (WHEELS,), 2)
    recording, = read_data_sets([str(tmp_path)], with_depth=False)[0]
    with pytest.raises(SourceError, match='has no image topic; its topics: /wheel/odometry'):
        recording.open()


def test_what_to_write_for_options_of_other_commands_is_told(tmp_path: Path) -> None:
    write_bag(tmp_path / 'bag', 'mcap', (IMAGES, COMPRESSED), 2)
    write_images(tmp_path / 'images', ['1.png', '2.png'])
    for path, with_depth, told in (('bag', False, 'has 2 image topics'),
                                   ('images', True, 'comes without depth')):
        recording, = read_data_sets([str(tmp_path / path)], with_depth=with_depth)[0]
        cache = FrameCache(tmp_path / 'cache', recording.name, recording.identity)
        with pytest.raises(SourceError, match=rf'(?s){told}.*stands in data, as {{path: \.\.\.'):
            fill_caches([recording], [cache], lambda: pytest.fail('too late'), 56)


def test_one_of_several_topics_is_chosen_in_data(tmp_path: Path) -> None:
    write_bag(tmp_path / 'bag', 'mcap', (IMAGES, COMPRESSED, DEPTH), 2)
    entry = {'path': str(tmp_path), 'topic': COMPRESSED[0]}
    recording, = read_data_sets([entry], with_depth=False)[0]
    assert recording.open().description.endswith(COMPRESSED[0])


@pytest.mark.parametrize('layout', LAYOUTS)
def test_published_layouts_are_read(layout: str, tmp_path: Path) -> None:
    for name in BESIDE if layout != 'walking_tours' else ():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    expected = []
    for pattern in FILES[layout]:
        for number in range(2):
            file = tmp_path / (pattern % number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        expected.append(file.parent)
    assert sequences_of(layout, tmp_path) == expected
    data_set, = read_data_sets([{'path': str(tmp_path), 'layout': layout}], with_depth=False)
    assert [recording.name for recording in data_set] == [path.name for path in expected]


@pytest.mark.parametrize(('layout', 'name'), [
    ('walking_tours', 'Venice.mp4'), ('opendv', 'videos/Driver/xyz1.webm'),
    ('epic_kitchens', 'EPIC-KITCHENS/P01/videos/P01_01.MP4')])
def test_data_sets_may_be_videos(layout: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    assert sequences_of(layout, tmp_path) == [tmp_path / name]


@pytest.mark.parametrize('layout', LAYOUTS)
def test_another_layout_is_told(layout: str, tmp_path: Path) -> None:
    (tmp_path / 'train').mkdir()
    (tmp_path / 'train' / '0a1b.txt').touch()
    with pytest.raises(SourceError, match=f'not laid out as {layout}: .* It holds train'):
        sequences_of(layout, tmp_path)


@pytest.mark.parametrize('data', [
    None, [], 'path', [3], [''], [{'path': 'x', 'layout': 'imagenet'}], [{'layout': 'opendv'}],
    [{'rendered': 2}], [{'rendered': 2, 'frames': 3, 'seed': -1}], [{'path': 'x', 'tpoic': 'y'}]])
def test_other_data_is_refused(data: object) -> None:
    with pytest.raises(ConfigError, match=r'allowed: (a list with, for|one of realestate10k)'):
        read_data_sets(data, with_depth=False)
