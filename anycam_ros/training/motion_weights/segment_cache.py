# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Segments of procedural clips on disk: made once, by several processes, safe to kill."""

from concurrent.futures import as_completed, ProcessPoolExecutor
import io
import json
import multiprocessing
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from anycam_ros.errors import OutputError, SourceError
from anycam_ros.simulation.procedural import ProceduralClip
from anycam_ros.training.atomic_file import write_atomically
from anycam_ros.training.motion_weights.tracked_clip import Segment, track_clip

WAY_OUT = ('Free some space, or let options.cache name another folder, and start again: what is '
           'there is not made again.')


def make_segments(folder: Path, seeds: range, processes: int) -> list[Path]:
    """Return the files of the segments of all clips; those that are there are not made again.

    Raises OutputError where they cannot be written; what is complete then stays and counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not _index(folder, seed).exists()]
    if missing:
        context = multiprocessing.get_context('spawn')
        with ProcessPoolExecutor(max(1, processes), mp_context=context) as pool, \
                tqdm(total=len(missing), desc='procedural clips', unit='clip') as bar:
            made = [pool.submit(_make, folder, seed) for seed in missing]
            try:
                for done in as_completed(made):
                    done.result()
                    bar.update()
            except OutputError:
                pool.shutdown(cancel_futures=True)
                raise
    return [file for seed in seeds for file in _files(folder, seed)]


def read_segment(file: Path) -> Segment:
    """Return a segment.

    Raises SourceError where the file is damaged.
    """
    try:
        with np.load(file) as arrays:
            return Segment(**{name: arrays[name] for name in Segment._fields})
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f'{file} is damaged ({error}); delete it and the .json of its clip, '
                          'and they are made again.') from error


def _make(folder: Path, seed: int) -> None:
    """Track a clip and write its segments, then its index."""
    cv2.setNumThreads(1)
    segments = track_clip(ProceduralClip(seed))
    for number, segment in enumerate(segments):
        buffer = io.BytesIO()
        np.savez(buffer, **segment._asdict())
        write_atomically(folder / _name(seed, number), buffer.getvalue(), WAY_OUT)
    content = json.dumps({'segments': len(segments)}).encode()
    write_atomically(_index(folder, seed), content, WAY_OUT)


def _index(folder: Path, seed: int) -> Path:
    return folder / f'{seed:06d}.json'


def _files(folder: Path, seed: int) -> list[Path]:
    count = json.loads(_index(folder, seed).read_text())['segments']
    return [folder / _name(seed, number) for number in range(count)]


def _name(seed: int, number: int) -> str:
    return f'{seed:06d}_{number:02d}.npz'
