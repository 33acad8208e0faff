# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What made the odometry lose its way is named for programs and for people."""

from dataclasses import replace

from clips import Clip, run, with_picture
import cv2
import numpy as np
import pytest

from anycam_ros.odometry import Cause, Frame, OdometryEstimate, TrackingState

pytestmark = pytest.mark.slow

LAST = 40


def elsewhere(walk: Clip, index: int, stamp_s: float) -> Frame:
    """Return a frame of another place."""
    frame = walk.frame(index, stamp_s)
    return with_picture(frame, np.ascontiguousarray(
        cv2.rotate(frame.image_rgb, cv2.ROTATE_180)))


def after(walk: Clip, *frames: Frame) -> list[OdometryEstimate]:
    return run([*walk.frames[:LAST], *frames])[LAST - 1:]


def test_another_view_is_another_view(walk: Clip) -> None:
    for estimate in after(walk, *(elsewhere(walk, n, (LAST + n) / 30) for n in range(3))):
        assert (estimate.status, estimate.cause) == (TrackingState.LOST, Cause.OTHER_VIEW)


@pytest.mark.parametrize(('gap_s', 'cause', 'words', 'missing'), [
    (0.3, Cause.FRAMES_LOST, '8 frames are missing', 8),
    (2.0, Cause.TIME_GAP, 'no frame for 2.0 s', 59)])
def test_a_gap_is_blamed_for_what_it_costs_until_that_is_over(
        walk: Clip, gap_s: float, cause: Cause, words: str, missing: int) -> None:
    start_s = (LAST - 1) / 30 + gap_s
    lost = after(walk, *(elsewhere(walk, n, start_s + n / 30) for n in range(3)))
    assert [estimate.cause for estimate in lost] == [cause] * 3
    assert all(words in estimate.reason for estimate in lost)
    assert [estimate.missing_frames for estimate in lost] == [missing, 0, 0]


def test_a_gap_that_costs_nothing_is_only_counted(walk: Clip) -> None:
    estimates = run([*walk.frames[:LAST], *walk.frames[LAST + 2:LAST + 6]])[LAST - 1:]
    assert [estimate.missing_frames for estimate in estimates] == [2, 0, 0, 0]
    assert {(estimate.status, estimate.cause) for estimate in estimates} \
        == {(TrackingState.TRACKING, Cause.NONE)}


def test_a_smeared_picture_is_blurred(walk: Clip) -> None:
    frame = elsewhere(walk, 0, LAST / 30)
    smeared = replace(frame, image_rgb=cv2.blur(frame.image_rgb, (41, 41)))
    estimate, = after(walk, smeared)
    assert (estimate.status, estimate.cause) == (TrackingState.LOST, Cause.BLURRED)


def test_patches_that_move_each_on_their_own_are_too_much(walk: Clip) -> None:
    """Everything is found again, but no one motion explains it."""
    frame = walk.frame(LAST - 1, LAST / 30)
    shifts = np.random.default_rng(0).integers(-15, 16, (4, 5, 2))
    image = frame.image_rgb.copy()
    for (row, column), (dx, dy) in np.ndenumerate(shifts.view('i8,i8')[..., 0]):
        tile = np.s_[84 * row:84 * row + 84, 90 * column:90 * column + 90]
        image[tile] = np.roll(frame.image_rgb, (dy, dx), (0, 1))[tile]
    estimate, = after(walk, with_picture(frame, image))
    assert estimate.status in (TrackingState.DEGRADED, TrackingState.LOST)
    assert estimate.cause is Cause.TOO_MUCH_MOVING
    assert 'too much is moving' in estimate.reason
