# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The next pose is predicted from the time that passes, not from the number of frames."""

import numpy as np
import pytest
from simulated_views import HEIGHT, motion, WIDTH

from anycam_ros.frontend.common.pending_correction import PendingCorrectionOptions
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.geometry.se3 import Array, inverse, so3_log

IMAGE = np.zeros((HEIGHT, WIDTH), np.uint8)
STILL = np.zeros((HEIGHT, WIDTH, 2), np.float32)
T_TURN = motion((0.0, 0.3, 0.0), (0.0, 0.0, 0.0))       # from the reference to the frame found
COUNT = 50


def tracked(position_std: float = 1.0) -> TrackingResult:
    everything = np.ones(COUNT, np.bool_)
    matches = Matches(np.zeros((COUNT, 2)), everything, np.ones(COUNT))
    return TrackingResult(IMAGE, FlowPair(STILL, STILL), matches, np.zeros(COUNT),
                          everything, T_TURN, np.eye(6) / position_std ** 2, 0.1)


def found_after(seconds: float) -> CameraState:
    """Return the state once a frame was found so long after the reference."""
    state = CameraState(PendingCorrectionOptions())
    state.start_at(0.0)
    state.move(tracked(), seconds, scene_inverse_depth=1.0)
    return state


def predicted_turn(state: CameraState, stamp_s: float) -> Array:
    return so3_log((state.predicted(stamp_s) @ inverse(T_TURN))[:3, :3])


@pytest.mark.parametrize(('before_s', 'after_s', 'share'), [
    (0.5, 0.1, 0.2),        # after a loss the next frame comes soon
    (0.1, 0.1, 1.0),
    (0.1, 0.5, 1.0)])       # nothing says that a camera goes on for longer than it was seen to
def test_turn_goes_on_for_the_time_that_passes(before_s: float, after_s: float,
                                               share: float) -> None:
    turn = predicted_turn(found_after(before_s), before_s + after_s)
    np.testing.assert_allclose(turn, [0.0, 0.3 * share, 0.0], atol=1e-9)


def test_nothing_is_predicted_from_the_reference_itself() -> None:
    np.testing.assert_array_equal(found_after(0.0).predicted(0.1), T_TURN)


def test_accuracy_is_compared_with_that_just_after_the_key_frame() -> None:
    state = CameraState(PendingCorrectionOptions())
    state.start_at(0.0)
    assert state.lost_accuracy == 1.0
    for index, (position_std, lost) in enumerate([(0.1, 1.0), (0.2, 2.0), (0.5, 5.0)]):
        state.move(tracked(position_std), 0.1 * (index + 1), scene_inverse_depth=1.0)
        np.testing.assert_allclose(state.lost_accuracy, lost)
    state.refer_to(T_TURN)
    assert state.lost_accuracy == 1.0
    state.move(tracked(0.5), 0.5, scene_inverse_depth=1.0)
    assert state.lost_accuracy == 1.0
