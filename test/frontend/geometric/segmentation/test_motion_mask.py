# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask shows what moves by itself, and next to nothing where nothing does."""

from clips import Clip, intersection_over_union, render_clip, run
import numpy as np
import pytest

from anycam_ros.odometry import OdometryEstimate, Status
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
                if estimate.status == Status.TRACKING][SETTLED:]
    assert len(overlaps) > 50
    assert np.median(overlaps) > 0.45
    assert np.percentile(overlaps, 10) > 0.25


def test_mask_of_a_static_scene_is_nearly_empty(still_life: list[OdometryEstimate]) -> None:
    shares = [(estimate.motion_mask > 0).mean() for estimate in still_life[SETTLED:]]
    assert np.median(shares) < 0.02
    assert np.percentile(shares, 95) < 0.06


def test_mask_before_a_standing_camera_is_empty_while_nothing_moves() -> None:
    estimates = run(render_clip(standing, 12, moving=False).frames)
    assert max((estimate.motion_mask > 0).mean() for estimate in estimates) < 0.01


def test_uncertainty_is_larger_where_things_move(
        walk: Clip, walk_estimates: list[OdometryEstimate]) -> None:
    last, moving = walk_estimates[-1], walk.rendered[-1].moving
    assert np.median(last.uncertainty[moving]) > 2 * np.median(last.uncertainty[~moving])


def test_most_points_are_static_and_say_so(still_life: list[OdometryEstimate]) -> None:
    tracking = [estimate.static_share for estimate in still_life
                if estimate.status == Status.TRACKING]
    assert np.median(tracking) > 0.8
    assert max(tracking) <= 1
