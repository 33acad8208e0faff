# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A few small pictures of a rendered room, as files, and the cache of them."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
import torch

from anycam_ros.simulation.rendered_scene import RenderedScene
from anycam_ros.training.sources.fill_cache import fill_caches
from anycam_ros.training.sources.frame_cache import FrameCache
from anycam_ros.training.sources.priors import Priors
from anycam_ros.training.sources.recording import Recording

WIDTH, HEIGHT, SIDE = 112, 84, 56


@lru_cache(maxsize=1)
def pictures() -> list[NDArray[np.uint8]]:
    """Return six pictures (H, W, 3) RGB."""
    scene = RenderedScene(WIDTH, HEIGHT, rate_hz=15.0)
    return [scene.frame(index).image_rgb for index in range(6)]


def write_pictures(folder: Path, count: int = 6, damaged: Sequence[int] = ()) -> Path:
    """Write the first pictures, over again where there are more, some of them damaged."""
    folder.mkdir(parents=True)
    for index in range(count):
        data = cv2.imencode('.png', pictures()[index % 6][..., ::-1])[1].tobytes()
        (folder / f'{index:04d}.png').write_bytes(data[:40] if index in damaged else data)
    return folder


def priors(depth: str = 'none') -> Priors:
    return Priors('dis', depth, torch.device('cpu'))


def cached(parent: Path, recording: Recording, depth: str = 'none') -> FrameCache:
    """Return the filled cache of a recording."""
    cache = FrameCache(parent, recording.name, (*recording.identity, depth))
    fill_caches([recording], [cache], lambda: priors(depth), SIDE)
    return cache


def contents(cache: FrameCache) -> dict[str, bytes]:
    """Return the files of all frames."""
    return {file.name: file.read_bytes() for file in cache.folder.glob('*.npz')}
