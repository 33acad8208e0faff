# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of every kind of recording."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from anycam_ros.odometry.frame import Frame


@dataclass(frozen=True, eq=False)
class SourceFrame:
    """Hold one frame of a recording, not decoded yet.

    load() decodes it and raises FrameError when this frame alone is unusable. It must be called
    before the source is asked for its next frame.
    """

    index: int            # in the recording, from 0
    stamp_ns: int
    name: str             # for messages: file name, or topic and number
    frame_id: str         # coordinate frame of the camera; empty where the recording names none
    load: Callable[[], Frame]

    @property
    def file_name(self) -> str:
        """Return the name of its file; one by its index where it has no file of its own."""
        is_file = '.' in self.name and not any(map(str.isspace, self.name))
        return self.name if is_file else f'{self.index:06d}.png'

    @property
    def stamp_s(self) -> float:
        """Return the stamp in seconds."""
        return self.stamp_ns * 1e-9


class FrameSource(Protocol):
    """Deliver the frames of one recording in their order.

    Iterating raises SourceError where the recording breaks off; the frames before are good.
    """

    @property
    def description(self) -> str:
        """Return what is read, for messages: kind, path, topic."""

    @property
    def total(self) -> int | None:
        """Return the number of frames, where it is known beforehand."""

    def __iter__(self) -> Iterator[SourceFrame]:
        """Return the frames from the first one on."""
