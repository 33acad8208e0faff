# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the motion network is shown, and what becomes of what it says."""

import numpy as np
from numpy.typing import NDArray
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, WIDTH

from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.segmentation.depth_expectation import DepthExpectationOptions
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import EpipolarResidualOptions
from anycam_ros.frontend.geometric.segmentation.motion_inputs import (
    dominant_homography,
    network_shape,
)
from anycam_ros.frontend.geometric.segmentation.motion_mask import (
    MotionMask,
    MotionMaskOptions,
    shown_by_geometry,
)
from anycam_ros.frontend.geometric.segmentation.static_appearance import StaticAppearanceOptions
from anycam_ros.networks.motion_weights.channels import (
    INPUTS,
    LIMIT,
    MotionPrediction,
    NetworkFrame,
    STRIDE,
)

SHIFT_PX = 8.0
SQUARE = np.s_[140:240, 60:160]
ON_GRID = np.s_[150 // STRIDE:230 // STRIDE, 70 // STRIDE:150 // STRIDE]


class LeftHalfMoves:
    """Say that the left half moves, whatever is seen, and keep what was seen."""

    def __init__(self) -> None:
        self.frames: list[NetworkFrame] = []
        self.before: list[NDArray[np.float32] | None] = []

    def __call__(self, frame: NetworkFrame, moving_before: NDArray[np.float32] | None
                 ) -> MotionPrediction:
        self.frames.append(frame)
        self.before.append(moving_before)
        moving = np.full(frame.error.shape, 0.1, np.float32)
        moving[:, :moving.shape[1] // 2] = 0.9
        return MotionPrediction(moving, np.ones_like(moving), np.zeros(32, np.float32))


def tracked(flow_px: float) -> TrackingResult:
    """Return the result for a camera that stays while a square moves to the right."""
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[(*SQUARE, 0)] = flow_px
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    nothing = np.zeros(0, np.bool_)
    return TrackingResult(
        image=image, pair=FlowPair(flow, -flow),
        matches=Matches(np.zeros((0, 2)), nothing, np.zeros(0)), residual_px=np.zeros(0),
        is_inlier=nothing, T_camera_world=np.eye(4), information=np.eye(6), noise_px=0.1)


@pytest.fixture
def network() -> LeftHalfMoves:
    return LeftHalfMoves()


@pytest.fixture
def mask(network: LeftHalfMoves) -> MotionMask:
    made = MotionMask(CAMERA, MotionMaskOptions(), EpipolarResidualOptions(),
                      DepthExpectationOptions(), StaticAppearanceOptions(), network)
    made.new_reference(is_newest=False)
    return made


def seen(network: LeftHalfMoves, name: str) -> NDArray[np.float32]:
    return network.frames[-1].inputs[INPUTS.index(name)]


def test_what_moves_stands_out_of_the_inputs(mask: MotionMask, network: LeftHalfMoves) -> None:
    mask.update(tracked(SHIFT_PX), None, FOCAL_PX)
    inputs = network.frames[-1].inputs
    assert inputs.shape == (len(INPUTS), *network_shape((HEIGHT // 2, WIDTH // 2)))
    assert np.abs(inputs).max() <= LIMIT
    for name, sign in (('homography_x', -1), ('score', 1), ('vote', 1), ('across', 1)):
        channel = sign * seen(network, name)
        assert channel[ON_GRID].min() > np.percentile(channel, 60) + 0.5, name
    np.testing.assert_allclose(seen(network, 'homography_x')[:20], 0, atol=0.05)
    assert not seen(network, 'has_map').any()


def test_the_network_makes_mask_and_uncertainty(mask: MotionMask) -> None:
    uncertainty_px = mask.update(tracked(SHIFT_PX), None, FOCAL_PX)
    assert mask.source == 'network'
    assert (mask.newest[:, :WIDTH // 2 - 20] == 255).all()
    assert not mask.newest[:, WIDTH // 2 + 20:].any()
    np.testing.assert_allclose(uncertainty_px, 0.5 * np.e, rtol=1e-5)


def test_a_region_in_which_geometry_sees_nothing_move_is_not_marked(mask: MotionMask) -> None:
    mask.update(tracked(0.0), None, FOCAL_PX)
    assert not mask.newest.any()
    assert mask.static_at(np.array([[20.0, 20.0]])) == pytest.approx([0.1])


def test_regions_are_kept_one_by_one() -> None:
    moving, vote = np.zeros((20, 30), np.float32), np.zeros((20, 30), np.float32)
    moving[2:8, 2:8] = moving[2:8, 20:28] = 0.9
    moving[15] = 0.3
    vote[5, 5] = 2.5
    kept = shown_by_geometry(moving, 0.5, vote, 2.0)
    assert (kept[2:8, 2:8] == np.float32(0.9)).all()
    assert not kept[2:8, 20:28].any()
    assert (kept[15] == np.float32(0.3)).all()      # no region: it is not marked anyway


def test_tracks_count_by_how_likely_they_are_static(mask: MotionMask) -> None:
    assert mask.static_at(np.array([[20.0, 20.0]])) is None
    mask.update(tracked(SHIFT_PX), None, FOCAL_PX)
    static = mask.static_at(np.array([[20.0, 20.0], [WIDTH - 20.0, 20.0]]))
    np.testing.assert_allclose(static, [0.1, 0.9], atol=1e-6)


def test_what_was_said_comes_along_with_what_moves(mask: MotionMask,
                                                   network: LeftHalfMoves) -> None:
    mask.update(tracked(0.0), None, FOCAL_PX)
    assert network.frames[-1].came_from is None
    mask.new_reference(is_newest=True)
    mask.update(tracked(SHIFT_PX), None, FOCAL_PX)
    assert network.before[-1] is not None
    came_from = network.frames[-1].came_from
    rows, columns = came_from.shape[1:]
    place = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)))
    by = came_from - place
    np.testing.assert_allclose(by[0][ON_GRID], -SHIFT_PX / STRIDE, atol=0.05)
    np.testing.assert_allclose(by[0][:20], 0, atol=0.05)


def test_a_new_start_forgets_what_was_said(mask: MotionMask, network: LeftHalfMoves) -> None:
    mask.update(tracked(SHIFT_PX), None, FOCAL_PX)
    mask.new_reference(is_newest=False)
    mask.update(tracked(SHIFT_PX), None, FOCAL_PX)
    assert network.before[-1] is None


def test_the_plane_that_most_of_the_flow_follows_is_found() -> None:
    H = np.array([[1.02, 0.01, 1.5], [-0.02, 0.99, -0.7], [2e-4, -1e-4, 1.0]])
    rows, columns = 84, 112
    y, x = np.indices((rows, columns)).astype(np.float64)
    there = np.stack([x, y, np.ones_like(x)], axis=-1) @ H.T
    flow = STRIDE * (there[..., :2] / there[..., 2:] - np.stack([x, y], axis=-1))
    flow += np.random.default_rng(0).normal(0, 0.3, flow.shape)
    flow[20:70, 30:80] += 12.0          # a quarter of the image moves by itself
    found = dominant_homography(flow.astype(np.float32), 0.5)
    corners = np.array([[0, 0, 1], [111, 0, 1], [0, 83, 1], [111, 83, 1]], np.float64).T
    error = (found @ corners)[:2] / (found @ corners)[2] - (H @ corners)[:2] / (H @ corners)[2]
    assert np.abs(STRIDE * error).max() < 0.5
