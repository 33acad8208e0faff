# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered clips as recordings, with the true depth."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
import math

import numpy as np

from anycam_ros.networks.anycam.inputs.preprocessing import DEPTH_UNIT_M, FARTHEST
from anycam_ros.odometry.frame import Frame
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.simulation.rendered_scene import (
    CameraPath,
    hand_held,
    RenderedFrame,
    RenderedScene,
    straight,
    turning,
)
from anycam_ros.training.sources.recording import Recording

WIDTH, HEIGHT = 448, 336
RATE_HZ = 30.0
FOCAL = 0.4, 2.5        # in image heights
PATHS: tuple[CameraPath, ...] = (hand_held, hand_held, straight, turning)
LONGEST_S = 12.0        # of a path, before it repeats


def simulated_recordings(clips: int, frames: int, seed: int) -> list[Recording]:
    """Return recordings of random rooms with moving things, by random lenses and paths."""
    return [Recording(f'rendered_{seed}_{number}', ('rendered', str(frames), str(seed),
                                                    str(number)),
                      partial(SimulatedSource, frames, (seed, number)))
            for number in range(clips)]


@dataclass(frozen=True)
class SimulatedSource:
    """Render one clip frame by frame; it depends on length and seed alone."""

    total: int
    seed: tuple[int, int]

    @property
    def description(self) -> str:
        """Return what is read, for messages."""
        return f'rendered clip {self.seed[1]} of seed {self.seed[0]}'

    def __iter__(self) -> Iterator[SourceFrame]:
        rng = np.random.default_rng(self.seed)
        focal_px = HEIGHT * math.exp(rng.uniform(*np.log(FOCAL)))
        path = PATHS[rng.integers(len(PATHS))]
        first_s = rng.uniform(0, LONGEST_S)
        scene = RenderedScene(
            WIDTH, HEIGHT, focal_px, path=lambda time_s: path(first_s + time_s),
            rate_hz=RATE_HZ, duration_s=self.total / RATE_HZ, seed=int(rng.integers(2 ** 31)),
            moving=bool(rng.random() < 0.75))
        for index in range(self.total):
            yield SourceFrame(index, round(index * 1e9 / RATE_HZ), f'frame {index}', '',
                              partial(_load, scene, index))


def _load(scene: RenderedScene, index: int) -> Frame:
    rendered: RenderedFrame = scene.frame(index)
    return Frame(rendered.stamp_s, rendered.image_rgb,
                 np.minimum(rendered.depth_m, np.float32(FARTHEST * DEPTH_UNIT_M)))
