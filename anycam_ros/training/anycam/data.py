# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The clips of the task 'anycam': read, cached, and split into training and validation."""

from pathlib import Path

import torch

from anycam_ros.depth.registry import TOPIC
from anycam_ros.errors import ConfigError
from anycam_ros.training.anycam.options import AnyCamOptions
from anycam_ros.training.sources.clips import clip_starts, Clips, split
from anycam_ros.training.sources.data_sets import read_data_sets
from anycam_ros.training.sources.fill_cache import fill_caches
from anycam_ros.training.sources.frame_cache import FrameCache
from anycam_ros.training.sources.priors import Priors


def make_clips(options: AnyCamOptions, device: torch.device) -> tuple[Clips, Clips]:
    """Return the clips to train on and those kept back; fills the cache where it is not full.

    Raises ConfigError where no recording is long enough, and what reading and caching raise.
    """
    data_sets = read_data_sets(options.data, with_depth=options.depth == TOPIC)
    caches = [[FrameCache(Path(options.cache), recording.name, (
        *recording.identity, options.flow, options.depth, str(options.size)))
        for recording in recordings] for recordings in data_sets]
    fill_caches([recording for recordings in data_sets for recording in recordings],
                [cache for of_set in caches for cache in of_set],
                lambda: Priors(options.flow, options.depth, device), options.size)
    training, kept_back = [], []
    for of_set in caches:
        parts = [(cache, *split(cache.frames(), options.kept_back)) for cache in of_set]
        training.append([(cache, clip_starts(part, options.frames)) for cache, part, _ in parts])
        kept_back.append([(cache, clip_starts(part, options.frames)) for cache, _, part in parts])
    clips, validation = (Clips(part, options.frames, options.epoch_samples)
                         for part in (training, kept_back))
    _check(clips, validation, options)
    return clips, validation


def _check(clips: Clips, validation: Clips, options: AnyCamOptions) -> None:
    if not len(clips):
        raise ConfigError(f'data holds no clip of {options.frames} frames in a row to train on. '
                          'Lower frames or kept_back, or add longer recordings; done.json in '
                          f'each folder of {options.cache} tells what was skipped.')
    if options.kept_back and not len(validation):
        raise ConfigError(f'kept_back is {options.kept_back:g}, but no recording has '
                          f'{options.frames} frames in a row in that share of it. Raise it, or '
                          'set it to 0 for a training without validation.')
