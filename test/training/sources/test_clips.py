# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clips are consecutive, those kept back are never trained on, data sets join one by one."""

from collections import Counter
from pathlib import Path
import pickle

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is not installed')

from rendered_pictures import cached, SIDE, write_pictures  # noqa: E402

from anycam_ros.training.sources.clips import clip_starts, Clips, split  # noqa: E402
from anycam_ros.training.sources.frame_cache import FrameCache  # noqa: E402
from anycam_ros.training.sources.recording import file_recording  # noqa: E402

FRAMES = {0: False, 1: True, 2: True, 4: False, 5: True, 6: True, 7: True, 8: False, 9: True}


def test_clips_start_where_flow_leads_on() -> None:
    assert clip_starts(FRAMES, 2).tolist() == [0, 1, 4, 5, 6, 8]
    assert clip_starts(FRAMES, 3).tolist() == [0, 4, 5]
    assert clip_starts(FRAMES, 4).tolist() == [4]
    assert clip_starts(FRAMES, 5).tolist() == []


def test_the_end_is_kept_back() -> None:
    training, kept_back = split(FRAMES, 0.45)
    assert list(training) == [0, 1, 2, 4, 5]
    assert list(kept_back) == [6, 7, 8, 9]
    # The first frame that is kept back is not joined to the last that is trained on.
    assert clip_starts(kept_back, 2).tolist() == [6, 8]
    assert split(FRAMES, 0.0) == (FRAMES, {})


def test_a_sample_is_what_is_cached(tmp_path: Path) -> None:
    cache = cached(tmp_path / 'cache', file_recording(write_pictures(tmp_path / 'p')))
    clips = pickle.loads(pickle.dumps(Clips([[(cache, clip_starts(cache.frames(), 3))]], 3, 10)))
    assert len(clips) == 4
    sample = clips[1]
    assert {name: tuple(value.shape) for name, value in sample.items()} == {
        'images': (3, 3, SIDE, SIDE), 'forward_flow': (2, 2, SIDE, SIDE),
        'backward_flow': (2, 2, SIDE, SIDE)}
    for number in range(3):
        np.testing.assert_array_equal(sample['images'][number].permute(1, 2, 0),
                                      cache.get(1 + number).image)
    for number in range(2):
        np.testing.assert_array_equal(sample['backward_flow'][number].permute(1, 2, 0),
                                      cache.get(2 + number).backward_px)
    assert all(torch.equal(value, clips[1][name]) for name, value in sample.items())


def counted(clips: Clips, epoch: int) -> Counter[int]:
    """Return how often clips of each of the data sets come: 0 to 2, 3 to 52, 53 to 56."""
    order = clips.epoch_order(3, epoch)
    assert len(order) == clips.epoch_samples
    return Counter(np.searchsorted([3, 53], order, side='right').tolist())


def test_data_sets_join_one_by_one_and_share_alike(tmp_path: Path) -> None:
    caches = [FrameCache(tmp_path, str(number), ()) for number in range(5)]
    nothing = np.arange(0)
    clips = Clips([[(caches[0], np.arange(3))], [(caches[4], nothing)],
                   [(caches[1], np.arange(20)), (caches[2], np.arange(30))],
                   [(caches[3], np.arange(4))]], 2, 60)
    assert counted(clips, 0) == {0: 60}
    assert counted(clips, 1) == {0: 30, 1: 30}
    assert counted(clips, 2) == counted(clips, 7) == {0: 20, 1: 20, 2: 20}
    order = clips.epoch_order(3, 2)
    assert order.tolist() == clips.epoch_order(3, 2).tolist()
    assert order.tolist() != clips.epoch_order(3, 7).tolist()
    assert max(Counter(order[(order >= 3) & (order < 53)].tolist()).values()) == 1
    assert set(Counter(order[order < 3].tolist()).values()) == {6, 7}
