# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames are chosen as asked for, and every one of them is accounted for."""

from collections.abc import Iterator
from functools import partial

from hypothesis import given, strategies
import numpy as np
import pytest

from anycam_ros.errors import FrameError, SourceError
from anycam_ros.odometry import Frame, VisualOdometry
from anycam_ros.offline.run_log import RunLog
from anycam_ros.offline.run_odometry import run_odometry, Selection
from anycam_ros.recordings.readers.frame_source import SourceFrame


class Numbers:
    """Deliver frames of noise; some are unusable, and the source may break off."""

    description = 'numbers'

    def __init__(self, total: int, bad: tuple[int, ...] = (), breaks: bool = False) -> None:
        self.total: int | None = total
        self._bad, self._breaks = bad, breaks

    def __iter__(self) -> Iterator[SourceFrame]:
        for index in range(self.total or 0):
            yield SourceFrame(index, index * 10 ** 8, f'frame {index}', '',
                              partial(self._load, index))
        if self._breaks:
            raise SourceError('the source breaks off')

    def _load(self, index: int) -> Frame:
        if index in self._bad:
            raise FrameError(f'frame {index} is bad')
        rng = np.random.default_rng(0)
        return Frame(index * 0.1, rng.integers(0, 255, (64, 96, 3), np.uint8))


@given(strategies.integers(0, 30), strategies.integers(0, 30), strategies.integers(1, 9),
       strategies.none() | strategies.integers(1, 30))
def test_selection_is_that_of_a_slice(
        total: int, start: int, stride: int, count: int | None) -> None:
    selection = Selection(start, stride, count)
    chosen = [frame.index for frame in selection.of(Numbers(total))]
    assert chosen == list(range(total))[start::stride][:count]
    assert selection.length(total) == len(chosen)


def test_refused_frames_are_reported_and_the_rest_goes_on() -> None:
    log, refused = RunLog(), []
    run_odometry(VisualOdometry(), iter(Numbers(6, bad=(0, 3))), [], log,
                 lambda frame, error: refused.append((frame.index, str(error))))
    assert refused == [(0, 'frame 0 is bad'), (3, 'frame 3 is bad')]
    assert (log.frames, log.refused) == (6, 2)
    assert sum(log.statuses.values()) == 3   # the first usable frame has no estimate


def test_break_leaves_what_came_before_in_the_log() -> None:
    log = RunLog()
    with pytest.raises(SourceError, match='breaks off'):
        run_odometry(VisualOdometry(), iter(Numbers(4, breaks=True)), [], log,
                     lambda *_: pytest.fail('no frame is bad'))
    assert log.frames == 4
    assert log.last_frame == '3 (stamp 0.300000000 s)'
