# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A thing that covers a third of the picture and moves for itself does not bend the path."""

from clips import Clip, render_clip, run, with_picture
import cv2
import numpy as np
from numpy.typing import NDArray
import pytest
from trajectory_scores import score_estimates

from anycam_ros.odometry import Frame
from anycam_ros.simulation.rendered_scene import hand_held

pytestmark = pytest.mark.slow

APPEARS = 20      # frame; by then there is a map
COVER = 0.36      # of the picture


@pytest.fixture(scope='module')
def still_room() -> Clip:
    return render_clip(hand_held, 90, moving=False)


def cover(frame: Frame, index: int, texture: NDArray[np.uint8]) -> Frame:
    """Return the frame with a textured block before it that comes in from the left and stays."""
    side_y, side_x = (round(np.sqrt(COVER) * side) for side in frame.image_rgb.shape[:2])
    right = min(6 * (index - APPEARS), round(1.2 * side_x))
    if right <= 0:
        return frame
    bob = round(10 * np.sin(index / 6))
    picture = frame.image_rgb.copy()
    left, top = max(right - side_x, 0), 60 + bob
    picture[top:top + side_y, left:right] = texture[:side_y, side_x - (right - left):side_x]
    return with_picture(frame, picture)


def test_path_and_focal_length_hold_behind_a_large_mover(still_room: Clip) -> None:
    coarse = np.random.default_rng(0).integers(40, 215, (48, 64, 3), np.uint8)
    texture = cv2.resize(coarse, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    estimates = run(cover(frame, index, texture) for index, frame in enumerate(still_room.frames))
    score = score_estimates(estimates, still_room.true_poses[1:])
    assert score.path_error_m < 0.03 * score.true_path_m
    assert score.path_ratio == pytest.approx(1, abs=0.15)
    assert score.scale_drift < 0.2
    assert score.turn_p95_deg < 1.5
    assert estimates[-1].intrinsics.fx == pytest.approx(still_room.intrinsics.fx, rel=0.1)
    # It is seen for what it is, once it has crossed the picture.
    assert (estimates[80].motion_mask > 0).mean() > 0.8 * COVER
