# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural clips as clips to be scored."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from anycam_ros.evaluation.clip import Clip, ClipFrame, Mask, Truth
from anycam_ros.odometry import Frame
from anycam_ros.simulation.procedural import ProceduralClip, ProceduralFrame

KEPT_BACK = 2_000_000        # the first seed that no training uses


def procedural_clip(seed: int) -> Clip:
    """Return a clip with its truth; frames are rendered when they are asked for."""
    clip = ProceduralClip(seed)
    render = lru_cache(maxsize=2)(clip.frame)
    frames = [ClipFrame(index / clip.rate_hz, partial(_load, render, index),
                        partial(_moving, render, index)) for index in range(len(clip))]
    stamps_s = np.array([frame.stamp_s for frame in frames])
    truth = Truth(stamps_s, np.stack([clip.true_pose(index) for index in range(len(clip))]))
    return Clip(f'procedural {seed}', frames, truth, clip.intrinsics.fx)


def moving_share(seed: int) -> float:
    """Return the mean share of a clip's picture that moves, from every sixth frame."""
    clip = ProceduralClip(seed)
    return float(np.mean([clip.frame(index).moving.mean() for index in range(0, len(clip), 6)]))


def _load(render: Callable[[int], ProceduralFrame], index: int) -> Frame:
    frame = render(index)
    return Frame(frame.stamp_s, frame.image_rgb)


def _moving(render: Callable[[int], ProceduralFrame], index: int) -> Mask:
    return render(index).moving
