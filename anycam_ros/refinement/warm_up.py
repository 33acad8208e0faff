# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compile ahead of time, so that no frame has to wait for it."""

import numpy as np

from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement.bundle_adjustment import refine
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.refinement.tracks import Tracks

FOCAL_PX, NOISE_PX = 380.0, 0.3
FRAMES, TRACKS = 3, 20
STEP = 0.3                       # between two frames, in units of the mean depth


def warm_up() -> None:
    """Compile all that refine() runs, or load it from the cache.

    Half a minute on a machine that never did it, a fraction of a second afterwards.
    """
    tracks, T_world_camera = _window()
    for kernel in ('l1', 'cauchy'):
        refine(tracks, T_world_camera, FOCAL_PX, RefinementConfig(kernel=kernel))


def _window() -> tuple[Tracks, Array]:
    """Return tracks and poses (FRAMES, 4, 4) of a camera that moves to the right."""
    random = np.random.default_rng(0)
    T_world_camera = np.tile(np.eye(4), (FRAMES, 1, 1))
    T_world_camera[:, 0, 3] = STEP * np.arange(FRAMES)
    inverse_depth = random.uniform(0.5, 2.0, TRACKS)
    points_px = np.repeat(random.uniform(-150, 150, (TRACKS, 1, 2)), FRAMES, axis=1)
    points_px[..., 0] -= FOCAL_PX * np.outer(inverse_depth, T_world_camera[:, 0, 3])
    points_px[:, 1:] += random.normal(0, NOISE_PX, (TRACKS, FRAMES - 1, 2))
    tracks = Tracks(np.zeros(TRACKS, np.int64), points_px, np.ones((TRACKS, FRAMES)),
                    inverse_depth)
    return tracks, T_world_camera
