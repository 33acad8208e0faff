# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fill the cache of recordings: frames, depth and flow, resumable and safe to kill."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import logging
import signal
from threading import current_thread, main_thread

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.recordings.readers.frame_source import FrameSource, SourceFrame
from anycam_ros.training.sources.frame_cache import CachedFrame, FrameCache
from anycam_ros.training.sources.priors import Priors, resized, SquareView, WORKING_SIDE_PX
from anycam_ros.training.sources.recording import Recording

_log = logging.getLogger(__name__)


def fill_caches(recordings: Sequence[Recording], caches: Sequence[FrameCache],
                make_priors: Callable[[], Priors], side_px: int) -> None:
    """Fill what is missing in the caches of recordings with frames of a side.

    Priors are made only where something is missing. Raises SourceError for a recording that
    cannot be read, before any frame is computed, and OutputError where the disk is full; what is
    cached by then is kept.
    """
    missing = [(recording, cache, _opened(recording))
               for recording, cache in zip(recordings, caches, strict=True)
               if cache.figures is None]
    if not missing:
        return
    priors = make_priors()
    for recording, cache, source in missing:
        with cache.alone(), _signals_end_it():
            _CacheFiller(cache, priors, side_px).fill(recording.name, source)


def _opened(recording: Recording) -> FrameSource:
    try:
        return recording.open()
    except SourceError as error:
        if '--' not in str(error):
            raise
        raise SourceError(f'{error}\nIn a training, what --topic says stands in data, as {{path: '
                          '..., topic: ...}, and what --depth says in options.depth.') from error


class _CacheFiller:
    """Write the frames of one recording that are not there yet."""

    def __init__(self, cache: FrameCache, priors: Priors, side_px: int) -> None:
        self._cache, self._priors, self._side_px = cache, priors, side_px
        self._skipped: list[str] = []

    def fill(self, name: str, source: FrameSource) -> None:
        """Write what is missing, with a progress bar."""
        if self._cache.figures is not None:     # another process has filled it meanwhile
            return
        there, reason = self._cache.frames(), ''
        with tqdm(total=source.total, desc=f'caching {name}', unit='frame', disable=None,
                  dynamic_ncols=True) as bar:
            try:
                self._write_missing(source, there, bar)
            except SourceError as error:
                reason = str(error)
        figures = {'source': source.description, 'frames': len(self._cache.frames()),
                   'skipped': len(self._skipped), 'skipped_frames': self._skipped[:20],
                   'broken_off': reason}
        self._cache.complete(figures)
        if self._skipped or reason:
            _log.warning('%s: %d frames cached, %d skipped (%s)%s', source.description,
                         figures['frames'], len(self._skipped),
                         self._skipped[0] if self._skipped else 'none',
                         f'; it breaks off: {reason}' if reason else '')

    def _write_missing(self, source: FrameSource, there: dict[int, bool],
                       bar: 'tqdm[object]') -> None:
        before: SquareView | None = None
        for frame in source:
            bar.update()
            # A frame that is there is still needed where the next one is missing.
            if frame.index in there and frame.index + 1 in there:
                before = None
                continue
            view = self._view(frame)
            if view is not None and frame.index not in there:
                self._cache.put(frame.index, self._computed(view, before))
            before = view

    def _view(self, frame: SourceFrame) -> SquareView | None:
        try:
            return self._priors.view(frame.load())
        except FrameError as error:
            self._skipped.append(f'{frame.name}: {error}')
            return None

    def _computed(self, view: SquareView, before: SquareView | None) -> CachedFrame:
        flows = [None, None] if before is None else [
            self._shrunk(flow, cv2.INTER_AREA, self._side_px / WORKING_SIDE_PX)
            for flow in self._priors.flows(before, view)]
        depth_m = None if view.depth_m is None else self._shrunk(view.depth_m, cv2.INTER_NEAREST)
        return CachedFrame(resized(view.image, self._side_px, cv2.INTER_AREA), depth_m, *flows)

    def _shrunk(self, image: NDArray[np.float32], way: int,
                factor: float = 1.0) -> NDArray[np.float16]:
        return np.asarray(factor * resized(image, self._side_px, way), np.float16)


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the process at once: no frame is lost but the one at work."""
    if current_thread() is not main_thread():
        yield
        return
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
              signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
