# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The data sets that the paper trains on (Table 2), in the layouts that they are published in.

Only the folders that hold pictures are read: no labels, no poses.
"""

from pathlib import Path
from typing import NamedTuple

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.image_folder import images_in, natural_order
from anycam_ros.training.sources.find_recordings import is_video


class Layout(NamedTuple):
    """Say where a data set has its sequences: folders of images, or videos."""

    patterns: tuple[str, ...]    # below its folder; the first that finds anything counts
    told: str                    # what its folder should hold


LAYOUTS = {
    # It is published as addresses of videos; the authors' code keeps the frames in this way.
    'realestate10k': Layout(('frames_*/*/*',), 'frames_720/SPLIT/SEQUENCE/TIMESTAMP.jpg, which '
                            'are cut from the videos that its text files name'),
    'youtube_vos': Layout(('*/JPEGImages/*', 'JPEGImages/*'),
                          'SPLIT/JPEGImages/SEQUENCE/FRAME.jpg'),
    'walking_tours': Layout(('*',), 'one video per city, or one folder of images'),
    'opendv': Layout(('*_images/*/*', 'videos/*/*', '*'),
                     'SPLIT_images/CHANNEL/VIDEO/FRAME.jpg, videos/CHANNEL/VIDEO.mp4, or one '
                     'folder of images per sequence'),
    'epic_kitchens': Layout(('P*/rgb_frames/P*', 'EPIC-KITCHENS/P*/rgb_frames/P*', 'P*/videos/P*',
                             'EPIC-KITCHENS/P*/videos/P*', '*'),
                            'PERSON/rgb_frames/SEQUENCE/FRAME.jpg (unpacked), '
                            'PERSON/videos/SEQUENCE.MP4, or one folder of images per sequence'),
}


def sequences_of(layout: str, folder: Path) -> list[Path]:
    """Return the sequences of a data set in natural order.

    Raises SourceError where the folder is not laid out as that data set.
    """
    expected = LAYOUTS[layout]
    for pattern in expected.patterns:
        found = [path for path in folder.glob(pattern) if _is_sequence(path)]
        if found:
            return sorted(found, key=lambda path: [
                natural_order(part) for part in (path, *path.parents)][::-1])
    there = ', '.join(sorted(path.name for path in folder.glob('*'))[:10]) or 'nothing'
    raise SourceError(f'{folder} is not laid out as {layout}: it should hold {expected.told}. It '
                      f'holds {there}.')


def _is_sequence(path: Path) -> bool:
    return is_video(path) if path.is_file() else bool(images_in(path))
