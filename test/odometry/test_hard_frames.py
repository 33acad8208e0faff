# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Light that jumps, frames that blur, a bump: tracking holds, or says that it is lost and goes on.

A part of the walk is spoilt after the map has started; before and after, all is as recorded.
"""

from collections.abc import Callable

from clips import Clip, positions, run, with_picture
import cv2
import numpy as np
import pytest

from anycam_ros.evaluation.metrics import absolute_error
from anycam_ros.flow.dense_flow import Image
from anycam_ros.odometry import OdometryEstimate, TrackingState

pytestmark = pytest.mark.slow

SPOILT = range(30, 60)
ERROR_SHARE = 0.04       # of the way


def darker(image: Image, index: int) -> Image:
    """Halve the light of every second frame."""
    return (image // 2).astype(np.uint8) if index % 2 else image


def smeared(image: Image, index: int) -> Image:
    """Smear one frame of three, as a jolt does."""
    return np.asarray(cv2.blur(image, (13, 3)), np.uint8) if index % 3 == 0 else image


def bumped(image: Image, index: int) -> Image:
    """Move the picture by a quarter of its width for one frame."""
    width = image.shape[1]
    return np.roll(image, width // 4, axis=1) if index == SPOILT[10] else image


def spoil(clip: Clip, how: Callable[[Image, int], Image]) -> list[OdometryEstimate]:
    return run(with_picture(frame, how(frame.image_rgb, index)) if index in SPOILT else frame
               for index, frame in enumerate(clip.frames))


@pytest.mark.parametrize('how', [darker, smeared, bumped])
def test_spoilt_frames_do_not_end_the_path(walk: Clip, how: Callable[[Image, int], Image]) -> None:
    estimates = spoil(walk, how)
    states = [estimate.status for estimate in estimates]
    assert states[SPOILT[0] - 2] is TrackingState.TRACKING
    assert all(estimate.reason for estimate in estimates
               if estimate.status is not TrackingState.TRACKING)
    followed = [index for index, state in enumerate(states)
                if state in (TrackingState.TRACKING, TrackingState.DEGRADED)]
    assert len(set(followed) & set(SPOILT)) > 0.8 * len(SPOILT)
    assert set(states[SPOILT[-1] + 5:]) == {TrackingState.TRACKING}
    true_m = walk.positions_m[1:][followed]
    way_m = np.linalg.norm(np.diff(true_m, axis=0), axis=1).sum()
    assert absolute_error(positions([estimates[index] for index in followed]), true_m) \
        < ERROR_SHARE * way_m
