# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compile ahead of time, so that no frame has to wait for it."""

from anycam_ros.refinement.bundle_adjustment import refine
from anycam_ros.refinement.config import RefinementConfig
from anycam_ros.simulation.simulated_tracks import Scene, simulate


def warm_up() -> None:
    """Compile all that refine() runs, or load it from the cache.

    Half a minute on a machine that never did it, a fraction of a second afterwards.
    """
    window = simulate(Scene(frames=3, tracks_per_frame=20, length=3), seed=0)
    for kernel in ('l1', 'cauchy'):
        refine(window.tracks, window.T_world_camera, window.focal_px,
               RefinementConfig(kernel=kernel))
