# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recordings under a folder."""

from pathlib import Path

from anycam_ros.errors import SourceError
from anycam_ros.recordings.readers.image_folder import IMAGE_SUFFIXES, images_in, natural_order
from anycam_ros.recordings.readers.open_recording import BAG_SUFFIXES

VIDEO_SUFFIXES = ('.avi', '.m4v', '.mkv', '.mov', '.mp4', '.webm')


def find_recordings(path: Path) -> list[Path]:
    """Return a recording, or all in a folder and the folders in it, in natural order.

    Raises SourceError where there is none.
    """
    if not path.exists():
        raise SourceError(f'{path} does not exist. Let data name bags, videos, folders of images, '
                          'sequence folders, or folders that hold them.')
    found = [path] if path.is_file() else _in_folder(path)
    if not found:
        raise SourceError(
            f'{path} holds nothing to train on: no bag ({", ".join(BAG_SUFFIXES)}), no video '
            f'({", ".join(VIDEO_SUFFIXES)}), no images ({", ".join(IMAGE_SUFFIXES)}), nor a '
            'folder with one of them. Let data name another folder.')
    return found


def is_video(path: Path) -> bool:
    """Return whether a file is a video, by its name."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def _in_folder(folder: Path) -> list[Path]:
    if any((folder / name).is_file() for name in ('metadata.yaml', 'timestamps.txt')):
        return [folder]
    found = [folder] if images_in(folder) else []
    for path in sorted(folder.iterdir(), key=natural_order):
        if path.is_dir():
            found += _in_folder(path)
        elif path.suffix in BAG_SUFFIXES or is_video(path):
            found.append(path)
    return found
