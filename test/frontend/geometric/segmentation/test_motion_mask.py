# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask shows what moves by itself, and next to nothing where nothing does."""

from clips import Clip, intersection_over_union, render_clip, run
import cv2
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, WIDTH

from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.segmentation.depth_expectation import DepthExpectationOptions
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import EpipolarResidualOptions
from anycam_ros.frontend.geometric.segmentation.motion_mask import (
    MotionMask,
    MotionMaskOptions,
)
from anycam_ros.frontend.geometric.segmentation.static_appearance import StaticAppearanceOptions
from anycam_ros.odometry import OdometryEstimate, TrackingState
from anycam_ros.simulation.rendered_scene import hand_held, standing

pytestmark = pytest.mark.slow

SETTLED = 15     # frames


@pytest.fixture(scope='module')
def still_life() -> list[OdometryEstimate]:
    """Return a hand-held walk through the room without its moving things."""
    return run(render_clip(hand_held, 45, moving=False).frames)


def test_moving_pixels_are_found_in_every_frame(
        walk: Clip, walk_estimates: list[OdometryEstimate]) -> None:
    overlaps = [intersection_over_union(estimate.motion_mask > 0, rendered.moving)
                for estimate, rendered in zip(walk_estimates, walk.rendered[1:], strict=True)
                if estimate.status == TrackingState.TRACKING][SETTLED:]
    assert len(overlaps) > 50
    assert np.median(overlaps) > 0.45
    assert np.percentile(overlaps, 10) > 0.25


def test_mask_of_a_static_scene_is_nearly_empty(still_life: list[OdometryEstimate]) -> None:
    shares = [(estimate.motion_mask > 0).mean() for estimate in still_life[SETTLED:]]
    assert np.median(shares) < 0.02
    assert np.percentile(shares, 95) < 0.06


def test_mask_before_a_stationary_camera_is_empty_while_nothing_moves() -> None:
    estimates = run(render_clip(standing, 12, moving=False).frames)
    assert max((estimate.motion_mask > 0).mean() for estimate in estimates) < 0.01


def test_uncertainty_is_larger_where_things_move(
        walk: Clip, walk_estimates: list[OdometryEstimate]) -> None:
    last, moving = walk_estimates[-1], walk.rendered[-1].moving
    assert np.median(last.uncertainty[moving]) > 2 * np.median(last.uncertainty[~moving])


def test_most_points_are_static_and_say_so(still_life: list[OdometryEstimate]) -> None:
    tracking = [estimate.static_share for estimate in still_life
                if estimate.status == TrackingState.TRACKING]
    assert np.median(tracking) > 0.75     # the rest has left the view or is hidden
    assert max(tracking) <= 1


def texture_image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)


def tracked(flow: np.ndarray) -> TrackingResult:
    """Return the result for a camera that stays, with this flow there and its opposite back."""
    nothing = np.zeros(0, np.bool_)
    return TrackingResult(
        image=texture_image(), pair=FlowPair(flow, -flow),
        matches=Matches(np.zeros((0, 2)), nothing, np.zeros(0)), residual_px=np.zeros(0),
        is_inlier=nothing, T_camera_world=np.eye(4), information=np.eye(6), noise_px=0.1)


def moving_square() -> np.ndarray:
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[140:240, 250:350, 0] = 8.0
    return flow


def with_holes(flow: np.ndarray) -> np.ndarray:
    flow = flow.copy()
    flow[:, :WIDTH // 3] = np.nan
    return flow


def new_mask() -> MotionMask:
    mask = MotionMask(CAMERA, MotionMaskOptions(), EpipolarResidualOptions(),
                      DepthExpectationOptions(), StaticAppearanceOptions())
    mask.new_reference(is_newest=False)
    return mask


def test_holes_in_the_flow_leave_the_rest_of_the_mask() -> None:
    whole, holes = new_mask(), new_mask()
    whole.update(tracked(moving_square()), None, FOCAL_PX)
    uncertainty_px = holes.update(tracked(with_holes(moving_square())), None, FOCAL_PX)
    assert np.isfinite(uncertainty_px).all()
    assert (holes.newest[160:220, 270:340] > 0).mean() > 0.9
    assert not holes.newest[:, :WIDTH // 3].any()
    far = np.s_[:, WIDTH // 3 + 60:]
    assert (whole.newest[far] == holes.newest[far]).mean() > 0.99


def test_mask_recovers_from_holes_with_the_next_frame() -> None:
    mask = new_mask()
    mask.update(tracked(with_holes(moving_square())), None, FOCAL_PX)
    flow = moving_square()
    flow[40:140, 30:120, 0] = 8.0         # where the hole was
    uncertainty_px = mask.update(tracked(flow), None, FOCAL_PX)
    assert np.isfinite(uncertainty_px).all()
    assert (mask.newest[60:120, 50:110] > 0).mean() > 0.9


def test_what_is_known_of_a_region_outlasts_a_hole_in_the_flow() -> None:
    mask, square = new_mask(), np.s_[160:220, 270:340]
    for _ in range(3):
        mask.update(tracked(moving_square()), None, FOCAL_PX)
    flow = moving_square()
    flow[130:250, 240:360] = np.nan
    mask.update(tracked(flow), None, FOCAL_PX)
    assert (mask.newest[square] > 0).mean() > 0.9


def test_flow_that_is_nowhere_known_says_nothing_for_ever() -> None:
    mask = new_mask()
    nowhere = np.full((HEIGHT, WIDTH, 2), np.nan, np.float32)
    assert np.isfinite(mask.update(tracked(nowhere), None, FOCAL_PX)).all()
    mask.new_reference(is_newest=True)
    mask.update(tracked(moving_square()), None, FOCAL_PX)
    assert (mask.newest[160:220, 270:340] > 0).mean() > 0.9


def following(tracking: TrackingResult) -> TrackingResult:
    """Return the result with points all over the image, of which those at rest are inliers."""
    row, column = (np.indices((HEIGHT // 16, WIDTH // 16)) * 16 + 8).reshape(2, -1)
    rests = np.linalg.norm(tracking.pair.forward[row, column], axis=1) < 1
    points = np.stack([column, row], axis=1).astype(np.float64)
    return tracking._replace(is_inlier=rests, matches=Matches(
        points, np.ones(len(points), np.bool_), np.ones(len(points))))


def test_things_that_cover_most_of_the_picture_are_no_noise() -> None:
    mask, flow = new_mask(), np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[:, :WIDTH * 6 // 10, 0] = np.random.default_rng(1).uniform(
        2, 10, (HEIGHT, WIDTH * 6 // 10))
    flow[:, :WIDTH * 6 // 10] = cv2.GaussianBlur(flow[:, :WIDTH * 6 // 10], (0, 0), 8.0)
    mask.update(following(tracked(flow)), None, FOCAL_PX)
    assert (mask.newest[40:-40, 40:WIDTH // 2] > 0).mean() > 0.9
    assert (mask.newest[:, -WIDTH // 4:] > 0).mean() < 0.01


def test_what_enters_is_marked_although_the_reference_does_not_show_it() -> None:
    mask, still = new_mask(), np.zeros((HEIGHT, WIDTH, 2), np.float32)
    mask.update(tracked(still), None, FOCAL_PX)
    nowhere = still.copy()
    entered = np.s_[100:220, :100]
    nowhere[entered] = (WIDTH, 0)     # and so back to outside of the reference
    image = texture_image()
    image[entered] = np.random.default_rng(1).integers(0, 256, image[entered].shape)
    mask.update(tracked(nowhere)._replace(image=image), None, FOCAL_PX)
    assert (mask.newest[110:210, :90] > 0).mean() > 0.9
    assert (mask.newest[:, WIDTH // 2:] > 0).mean() < 0.01
