# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video files, with the stamps of their container."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.odometry.frame import Frame
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.stamps import format_stamp, NANOSECONDS


class VideoSource:
    """Read a video file with OpenCV."""

    def __init__(self, path: Path, fps: float | None = None) -> None:
        """Open the file once to see what it holds; fps, in frames per second, replaces its stamps.

        Raises SourceError when it is no video or holds no stamps.
        """
        self._path, self._fps = path, fps
        with _opened(path) as capture:
            self._promised = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            self._rate_hz = capture.get(cv2.CAP_PROP_FPS)
            stamps = [self._stamp_ns(capture, index) for index in range(2) if capture.grab()]
        if not stamps:
            raise SourceError(f'{path}: no frame can be decoded. The file may be truncated, or '
                              'its codec unknown to this OpenCV; try to convert it to H.264.')
        if len(stamps) == 2 and stamps[1] <= stamps[0]:
            raise SourceError(f'{path}: the container holds no stamps (the first two frames have '
                              f'{stamps[0]} and {stamps[1]} ns). Give its rate with --fps.')
        self.description = f'video {path}'
        self.total = self._promised if self._promised > 0 else None

    def __iter__(self) -> Iterator[SourceFrame]:
        """Return the frames; raises SourceError where fewer come than the container promises."""
        index = first_ns = stamp_ns = 0
        with _opened(self._path) as capture:
            while capture.grab():
                stamp_ns = self._stamp_ns(capture, index)
                first_ns = stamp_ns if index == 0 else first_ns
                yield SourceFrame(index, stamp_ns, f'{self._path.name} frame {index}', '',
                                  partial(_retrieve, capture, index, stamp_ns))
                index += 1
        self._check_complete(index, stamp_ns, stamp_ns - first_ns)

    def _stamp_ns(self, capture: cv2.VideoCapture, index: int) -> int:
        if self._fps is not None:
            return round(index * NANOSECONDS / self._fps)
        return round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)

    def _check_complete(self, decoded: int, last_stamp_ns: int, span_ns: int) -> None:
        # Many containers store a duration only, from which OpenCV derives the number of frames:
        # one that is short by rounding is complete.
        if self._promised <= 0 or self._rate_hz <= 0 or decoded >= self._promised - 1:
            return
        missing_s = (self._promised - 1) / self._rate_hz - span_ns / NANOSECONDS
        if self._fps is None and missing_s * self._rate_hz < 1.5:
            return
        raise SourceError(
            f'{self._path} breaks off after frame {decoded - 1} (stamp '
            f'{format_stamp(last_stamp_ns)} s): its container promises {self._promised} frames, '
            f'{decoded} can be decoded. The file is truncated or damaged; copy it again.')


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise SourceError(
                f'{path} is no video that OpenCV can open. Readable are bags (.mcap, .db3 or '
                'their folder), videos, and folders of images. A video that was cut off before '
                'its index was written has to be repaired first.')
        yield capture
    finally:
        capture.release()


def _retrieve(capture: cv2.VideoCapture, index: int, stamp_ns: int) -> Frame:
    decoded, bgr = capture.retrieve()
    if not decoded:
        raise FrameError(f'video frame {index} cannot be decoded.')
    return Frame(stamp_ns * 1e-9, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8))
