# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording to train on: how it is opened, and what makes it the same as before."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from anycam_ros.recordings.readers.frame_source import FrameSource
from anycam_ros.recordings.readers.image_folder import IMAGE_SUFFIXES
from anycam_ros.recordings.readers.open_recording import BAG_SUFFIXES, open_recording

CONTENT = (*IMAGE_SUFFIXES, *BAG_SUFFIXES, '.txt', '.yaml')     # of a folder; a cache is none


class Recording(NamedTuple):
    """Hold a recording that is not open yet."""

    name: str                          # short, for its folder in the cache and for messages
    identity: tuple[str, ...]          # another one where the content may be another
    open: Callable[[], FrameSource]    # raises SourceError for what cannot be read


def file_recording(path: Path, topic: str | None = None, *,
                   with_depth: bool = False) -> Recording:
    """Return the recording in a bag, a video, an image folder or a sequence folder.

    topic chooses among several image topics of a bag; with_depth asks for measured depth.
    """
    return Recording(path.stem or path.name, (str(path.resolve()), str(topic), *_state_of(path)),
                     partial(open_recording, path, topic=topic, with_depth=with_depth))


def _state_of(path: Path) -> Iterator[str]:
    """Return what changes when a file, or a file of a folder, is written again."""
    files = [path] if path.is_file() else [
        file for file in sorted(path.rglob('*')) if file.suffix.lower() in CONTENT]
    for file in files:
        status = file.stat()
        yield f'{file.name} {status.st_size} {status.st_mtime_ns}'
