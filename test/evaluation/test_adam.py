# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's schedule, and how it compares."""

from dataclasses import replace
import math
from typing import NamedTuple

import numpy as np
import pytest

from anycam_ros.geometry.se3 import Array
from anycam_ros.refinement import (
    paper_objective,
    Priors,
    refine,
    RefinementConfig,
    Tracks,
)
from anycam_ros.refinement.objective import world_poses
from anycam_ros.refinement.problem import build_problem, Problem
from anycam_ros.simulation.simulated_tracks import cold_start, Scene, simulate

pytest.importorskip('torch')
from anycam_ros.evaluation.benchmarks import adam

pytestmark = pytest.mark.slow

# As the network sees it: 336 px square, lengths in units of 10 m.
SCENE = Scene(focal_px=285.0, half_width_px=168.0, half_height_px=168.0, step_m=0.015,
              nearest_m=0.2, farthest_m=1.2, tracks_per_frame=40, unsteadiness=0.03)


def start(scene: Scene) -> tuple[Tracks, Array, float]:
    tracks, T, focal_px = cold_start(simulate(scene, seed=0), seed=0)
    weight = np.where(tracks.weight > 0, 0.05 - 0.004 * np.arange(scene.length), 0.0)
    return replace(tracks, weight=weight), T, focal_px


def problem_of(tracks: Tracks, T: Array, focal_px: float) -> Problem:
    return build_problem(tracks, T, focal_px, 0.0, RefinementConfig(), Priors())


@pytest.mark.parametrize('frames', [2, 8, 9, 10, 24, 25])
def test_stages_follow_the_paper(frames: int) -> None:
    """Windows of 8 that overlap by 6, 400 steps each; then 5000 over all frames."""
    found = list(adam.stages(frames, adam.AdamSchedule()))
    sliding = [stage for stage in found if not stage.is_global]
    assert len(sliding) == 1 + max(0, math.ceil((frames - 8) / 2))
    assert sliding[0].free == range(1, min(frames, 8))
    assert [j for stage in sliding for j in stage.free] == list(range(1, frames))
    assert all(len(stage.free) <= 2 and len(stage.frames) == 8 for stage in sliding[1:-1])
    assert {stage.steps for stage in sliding} == {400}
    assert [stage.steps for stage in found if stage.is_global] == [5000] * (frames > 8)
    assert all(stage.free == range(frames) for stage in found if stage.is_global)


def test_its_loss_is_the_objective_in_other_units() -> None:
    """Two implementations of (16) and (17) that share no code."""
    tracks, T, focal_px = start(SCENE)
    schedule, problem = adam.AdamSchedule(), problem_of(tracks, T, focal_px)
    loss = float(adam._reprojection(adam._unknowns(problem.start, schedule),
                                    adam._data(problem, schedule)))
    # Mean over tracks and columns and both components, in half image widths.
    scale = tracks.weight.shape[1] * 2 * schedule.half_width_px
    assert loss * scale == pytest.approx(paper_objective(tracks, T, focal_px), rel=1e-4)


class Descent(NamedTuple):
    """Hold what a schedule ends with, and the objective around it."""

    T_world_camera: Array
    focal_px: float
    before: float
    after: float


def run(schedule: adam.AdamSchedule, scene: Scene) -> Descent:
    tracks, T, focal_px = start(scene)
    problem = problem_of(tracks, T, focal_px)
    state, steps = adam.minimise_by_adam(problem, schedule)
    assert steps == sum(stage.steps for stage in adam.stages(scene.frames, schedule))
    found, focal_found = world_poses(state), float(np.exp(state.intrinsics[0]))
    refined = replace(tracks, inverse_depth=state.inverse_depth)
    return Descent(found, focal_found, before=paper_objective(tracks, T, focal_px),
                   after=paper_objective(refined, found, focal_found))


def test_it_descends_over_windows_and_all_frames() -> None:
    scene = replace(SCENE, frames=12)
    schedule = adam.AdamSchedule(window_steps=60, global_steps=60)
    found, _, before, after = run(schedule, scene)
    assert after < 0.9 * before
    # The last stage moves every frame; the world is laid so that the first one stays.
    np.testing.assert_allclose(found[0], simulate(scene, seed=0).T_world_camera[0], atol=1e-6)


def test_ours_ends_lower_in_a_fraction_of_the_steps() -> None:
    tracks, T, focal_px = start(SCENE)
    ours = refine(tracks, T, focal_px)
    theirs = run(adam.AdamSchedule(), SCENE)
    assert theirs.after < theirs.before
    assert ours.objective_after < 0.8 * theirs.after
    assert abs(ours.focal_px / 285.0 - 1) < 0.02 < abs(theirs.focal_px / 285.0 - 1)
