# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural clips as recordings, with the true depth."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from anycam_ros.networks.anycam.inputs.preprocessing import DEPTH_UNIT_M, FARTHEST
from anycam_ros.odometry.frame import Frame
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.simulation.procedural import ProceduralClip
from anycam_ros.training.sources.recording import Recording


def simulated_recordings(clips: int, frames: int, seed: int) -> list[Recording]:
    """Return recordings of random scenes with moving things; their seeds count from seed on."""
    return [Recording(f'procedural_{number}', ('procedural', str(frames), str(number)),
                      partial(SimulatedSource, frames, number))
            for number in range(seed, seed + clips)]


@dataclass(frozen=True)
class SimulatedSource:
    """Render one clip frame by frame; it depends on length and seed alone."""

    total: int
    seed: int

    @property
    def description(self) -> str:
        """Return what is read, for messages."""
        return f'procedural clip {self.seed}'

    def __iter__(self) -> Iterator[SourceFrame]:
        clip = ProceduralClip(self.seed, self.total)
        for index in range(self.total):
            yield SourceFrame(index, round(index * 1e9 / clip.rate_hz), f'frame {index}', '',
                              partial(_load, clip, index))


def _load(clip: ProceduralClip, index: int) -> Frame:
    rendered = clip.frame(index)
    return Frame(rendered.stamp_s, rendered.image_rgb,
                 np.minimum(rendered.depth_m, np.float32(FARTHEST * DEPTH_UNIT_M)))
