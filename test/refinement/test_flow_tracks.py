# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks through chained flow."""

from typing import NamedTuple

import numpy as np
import pytest

from anycam_ros.errors import TracksError
from anycam_ros.geometry.se3 import Array, inverse, so3_exp
from anycam_ros.refinement import (
    flow_tracks,
    FlowStep,
    paper_objective,
    refine,
    RefinementConfig,
    TrackGrid,
)

HEIGHT, WIDTH, FOCAL_PX = 120, 160, 150.0


def uniform(flow: tuple[float, float], uncertainty_px: float = 0.5) -> FlowStep:
    image = np.empty((HEIGHT, WIDTH, 2))
    image[:] = flow
    return FlowStep(image, np.full((HEIGHT, WIDTH), uncertainty_px))


def test_grid_is_that_of_the_paper() -> None:
    """16 of 18 evenly spaced values from one edge to the other, without the edges."""
    tracks = flow_tracks([uniform((0.0, 0.0))])
    assert len(tracks) == 256
    x = np.unique(tracks.points_px[:, 0, 0]) * 2 / WIDTH
    np.testing.assert_allclose(x, np.linspace(-1, 1, 18)[1:-1], atol=1e-12)


def test_positions_and_uncertainties_add_up() -> None:
    steps = [uniform((2.0, 1.0), 0.4), uniform((-1.0, 3.0), 0.8), uniform((0.5, 0.0), 0.4)]
    tracks = flow_tracks(steps, TrackGrid(points=4))
    moved = tracks.points_px - tracks.points_px[:, :1]
    np.testing.assert_allclose(moved[0], [[0, 0], [2, 1], [1, 4], [1.5, 4]], atol=1e-12)
    np.testing.assert_allclose(tracks.weight[0], 0.05 - np.array([0, 0.4, 1.2, 1.6]) * 2 / WIDTH)
    np.testing.assert_array_equal(tracks.first_frame, np.repeat([0, 1, 2], 16))
    # The second key frame's tracks have one step less before them.
    np.testing.assert_allclose(moved[16, :3], [[0, 0], [-1, 3], [-0.5, 3]], atol=1e-12)
    assert np.isnan(moved[16, 3]).all()
    assert tracks.weight[16, 3] == 0.0


def test_a_track_ends_for_good_where_it_is_hidden() -> None:
    """What becomes visible again was not seen in between: another thing may be there."""
    steps = [uniform((1.0, 0.0)) for _ in range(4)]
    hidden = np.ones((HEIGHT, WIDTH))
    hidden[:, :WIDTH // 2] = 0.0
    steps[1] = steps[1]._replace(is_visible=hidden)
    tracks = flow_tracks(steps, TrackGrid(points=4))
    left = tracks.points_px[:16, 0, 0] < -5
    seen = tracks.weight[:16] > 0
    np.testing.assert_array_equal(seen[left], np.tile([True, True, False, False, False], (8, 1)))
    assert seen[~left].all()


@pytest.mark.parametrize('flow', [(200.0, 0.0), (np.nan, 0.0), (0.0, np.inf)])
def test_a_track_ends_outside_of_the_image_and_without_flow(flow: tuple[float, float]) -> None:
    tracks = flow_tracks([uniform((1.0, 0.0)), uniform(flow), uniform((-199.0, 0.0))],
                         TrackGrid(points=4))
    assert (tracks.weight[:16, 1] > 0).all()
    assert not tracks.weight[:16, 2:].any()
    assert np.isfinite(tracks.points_px[:16]).all()


def test_what_is_too_uncertain_has_no_weight() -> None:
    tracks = flow_tracks([uniform((1.0, 0.0), uncertainty_px=0.03 * WIDTH / 2)] * 3,
                         TrackGrid(points=4))
    np.testing.assert_allclose(tracks.weight[0], [0.05, 0.02, 0.0, 0.0], atol=1e-12)
    assert not flow_tracks([uniform((1.0, 0.0), np.nan)]).weight[:, 1:].any()


def test_tensors() -> None:
    torch = pytest.importorskip('torch')
    step = uniform((2.0, 1.0))
    tensors = FlowStep(*(torch.as_tensor(image) for image in step[:2]))
    np.testing.assert_array_equal(flow_tracks([tensors]).points_px,
                                  flow_tracks([step]).points_px)


@pytest.mark.parametrize(('step', 'message'), [
    (FlowStep(np.zeros((20, 30)), np.zeros((20, 30))), r'flow_px is \(20, 30\)'),
    (FlowStep(np.zeros((20, 30, 2)), np.zeros((10, 15))), r'uncertainty_px of step 0 is'),
    (uniform((0.0, 0.0))._replace(depth=np.zeros((4, 4))), r'depth of step 0 is'),
])
def test_images_must_be_of_one_size(step: FlowStep, message: str) -> None:
    with pytest.raises(TracksError, match=message):
        flow_tracks([step])


def test_no_flow_at_all() -> None:
    with pytest.raises(TracksError, match='no flow'):
        flow_tracks([])


class Corridor(NamedTuple):
    """Hold a camera that moves before a slanted wall."""

    T_world_camera: Array
    steps: list[FlowStep]


def corridor(frames: int) -> Corridor:
    """Return exact flow and depth: the wall is the plane n X = 1 of the world."""
    normal = np.array([0.08, -0.05, 0.25])
    T = np.tile(np.eye(4), (frames, 1, 1))
    for i in range(frames):
        T[i, :3, :3] = so3_exp(0.03 * i * np.array([0.2, 1.0, -0.3]))
        T[i, :3, 3] = 0.12 * i * np.array([1.0, 0.3, 0.4]) + 0.05 * np.sin([i, 2 * i, 3 * i])
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    ray = np.stack([(x - (WIDTH - 1) / 2) / FOCAL_PX, (y - (HEIGHT - 1) / 2) / FOCAL_PX,
                    np.ones_like(x)], axis=2)
    steps = []
    for i in range(frames - 1):
        R, centre = T[i, :3, :3], T[i, :3, 3]
        depth = (1 - normal @ centre) / (ray @ (R.T @ normal))
        T_next_this = inverse(T[i + 1]) @ T[i]
        local = ray * depth[..., None] @ T_next_this[:3, :3].T + T_next_this[:3, 3]
        target = FOCAL_PX * local[..., :2] / local[..., 2:]
        flow = target - FOCAL_PX * ray[..., :2]
        steps.append(FlowStep(flow, np.full((HEIGHT, WIDTH), 0.2), None, depth))
    return Corridor(T, steps)


def test_dense_flow_and_depth_lead_to_the_path() -> None:
    scene = corridor(10)
    tracks = flow_tracks(scene.steps)
    # Bilinear samples of a curved flow field: what is left of the residuals is theirs.
    assert paper_objective(tracks, scene.T_world_camera, FOCAL_PX) < 1e-3
    start = scene.T_world_camera.copy()
    start[:, :3, 3] += np.cumsum(np.random.default_rng(0).normal(0, 0.02, (10, 3)), axis=0)
    start[0] = scene.T_world_camera[0]
    refined = refine(tracks, start, 1.15 * FOCAL_PX, RefinementConfig(smoothness=0.0))
    assert refined.focal_px == pytest.approx(FOCAL_PX, rel=2e-3)
    found, true = refined.T_world_camera[:, :3, 3], scene.T_world_camera[:, :3, 3]
    scale = np.linalg.norm(found[-1]) / np.linalg.norm(true[-1])
    np.testing.assert_allclose(found / scale, true, atol=2e-3)


@pytest.mark.parametrize('unknown', [np.nan, 0.0])
def test_depth_becomes_inverse_depth_and_what_is_unknown_nan(unknown: float) -> None:
    scene = corridor(2)
    depth = np.array(scene.steps[0].depth)
    depth[:HEIGHT // 2] = unknown
    tracks = flow_tracks([scene.steps[0]._replace(depth=depth)])
    upper = tracks.points_px[:, 0, 1] < -1
    assert np.isnan(tracks.inverse_depth[upper]).all()
    assert np.isfinite(tracks.inverse_depth[~upper & (tracks.points_px[:, 0, 1] > 1)]).all()
    assert np.isnan(flow_tracks([uniform((1.0, 0.0))]).inverse_depth).all()
