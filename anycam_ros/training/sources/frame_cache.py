# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is kept on disk of a recording: one file per frame, whole or not there at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import fcntl
import hashlib
import io
import json
from pathlib import Path
from typing import NamedTuple
import zipfile

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import OutputError, SourceError
from anycam_ros.training.atomic_file import no_room_for, PART, write_atomically

WAY_OUT = ('Make room, or let options.cache name another folder. What is cached is kept: the '
           'same command goes on from there.')
FORMAT = '1'
DONE = 'done.json'
ALONE = '.first.npz'     # the end of the name of a frame that no other comes before


class CachedFrame(NamedTuple):
    """Hold a frame of side S, and the flow between the frame before and this one."""

    image: NDArray[np.uint8]                       # (S, S, 3) RGB
    depth_m: NDArray[np.float16] | None            # (S, S); None where there is no depth
    forward_px: NDArray[np.float16] | None         # (S, S, 2) frame before -> this one
    backward_px: NDArray[np.float16] | None        # (S, S, 2) this one -> frame before


class FrameCache:
    """Hold the frames of one recording in a folder."""

    def __init__(self, parent: Path, name: str, identity: tuple[str, ...]) -> None:
        """Name the folder after the recording and all that its content depends on."""
        words = '\n'.join((FORMAT, *identity)).encode()
        self.folder = parent / f'{name}-{hashlib.sha256(words).hexdigest()[:16]}'

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time fill the cache; what a killed one left unfinished goes."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / 'lock').open('w')
        except OSError as error:
            raise OutputError(no_room_for(self.folder, error, WAY_OUT)) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for unfinished in self.folder.glob(f'*{PART}'):
                unfinished.unlink()
            yield

    def frames(self) -> dict[int, bool]:
        """Return the frames that are there, ascending, and whether one comes right before."""
        return {int(file.name.partition('.')[0]): not file.name.endswith(ALONE)
                for file in sorted(self.folder.glob('*.npz'))}

    def put(self, index: int, frame: CachedFrame) -> None:
        """Write a frame; raises OutputError where the disk is full."""
        buffer = io.BytesIO()
        np.savez(buffer, **{name: value for name, value in frame._asdict().items()
                            if value is not None})
        file = self._file(index, has_before=frame.forward_px is not None)
        write_atomically(file, buffer.getvalue(), WAY_OUT)

    def get(self, index: int) -> CachedFrame:
        """Return a frame; raises SourceError where its file is damaged or gone."""
        file = self._file(index, has_before=True)
        if not file.exists():
            file = self._file(index, has_before=False)
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return CachedFrame(arrays['image'], *(
                    arrays.get(name) for name in CachedFrame._fields[1:]))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise SourceError(f'{file} is damaged ({error}). Delete it and start again: it is '
                              'then made anew.') from error

    @property
    def figures(self) -> dict[str, object] | None:
        """Return the figures of the complete recording; None where frames are still missing."""
        try:
            figures: dict[str, object] = json.loads((self.folder / DONE).read_text('utf-8'))
        except (OSError, ValueError):
            return None
        return figures if figures['frames'] == len(self.frames()) else None

    def complete(self, figures: Mapping[str, object]) -> None:
        """Note that every frame is there, with figures."""
        write_atomically(self.folder / DONE, json.dumps(figures, indent=1).encode(), WAY_OUT)

    def _file(self, index: int, *, has_before: bool) -> Path:
        return self.folder / f'{index:09d}{".npz" if has_before else ALONE}'
