# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The data sets that a configuration names."""

from collections.abc import Mapping
from pathlib import Path

from anycam_ros.errors import ConfigError
from anycam_ros.training.sources.find_recordings import find_recordings
from anycam_ros.training.sources.layouts import LAYOUTS, sequences_of
from anycam_ros.training.sources.recording import file_recording, Recording
from anycam_ros.training.sources.simulated import simulated_recordings

PATH_KEYS, SIMULATED_KEYS = {'path', 'layout', 'topic'}, {'rendered', 'frames', 'seed'}
ALLOWED = ('a list with, for each data set, the path of recordings; or {path, topic} for one '
           f'image topic of bags; or {{path, layout}} with layout one of {", ".join(LAYOUTS)}; or '
           '{rendered, frames, seed} for so many rendered clips of so many frames')


def read_data_sets(data: object, *, with_depth: bool) -> list[list[Recording]]:
    """Return the recordings of each data set; with_depth asks for measured depth.

    Raises ConfigError for what names none, and SourceError for a path without recordings.
    """
    if not isinstance(data, list | tuple) or not data:
        raise ConfigError(f'data is {data!r}; allowed: {ALLOWED}.')
    return [_data_set(entry, with_depth) for entry in data]


def _data_set(entry: object, with_depth: bool) -> list[Recording]:
    if isinstance(entry, str) and entry:
        entry = {'path': entry}
    if isinstance(entry, Mapping):
        if 'path' in entry and PATH_KEYS.issuperset(entry) \
                and all(isinstance(value, str) for value in entry.values()):
            return _on_disk(entry, with_depth)
        if set(entry) == SIMULATED_KEYS \
                and all(type(value) is int and value >= 0 for value in entry.values()):
            return simulated_recordings(entry['rendered'], entry['frames'], entry['seed'])
    raise ConfigError(f'an entry of data is {entry!r}; allowed: {ALLOWED}.')


def _on_disk(entry: Mapping[str, str], with_depth: bool) -> list[Recording]:
    path, layout = Path(entry['path']).expanduser(), entry.get('layout')
    if layout is not None and layout not in LAYOUTS:
        raise ConfigError(f'layout is {layout!r}; allowed: one of {", ".join(LAYOUTS)}.')
    paths = find_recordings(path) if layout is None else sequences_of(layout, path)
    return [file_recording(found, entry.get('topic'), with_depth=with_depth) for found in paths]
