# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The first motion from a new key frame is known less well than those that follow."""

import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, WIDTH

from anycam_ros.depth.noise import DepthNoise
from anycam_ros.frontend.common.pending_correction import PendingCorrectionOptions
from anycam_ros.frontend.geometric.camera_motion import move_camera
from anycam_ros.frontend.geometric.camera_state import CameraState
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair
from anycam_ros.frontend.geometric.estimation.matching import Matches
from anycam_ros.frontend.geometric.estimation.pose_covariance import CovarianceOptions
from anycam_ros.frontend.geometric.estimation.pose_sensitivity import (
    LENS_PARAMETERS,
    PoseSensitivity,
)
from anycam_ros.frontend.geometric.estimation.tracking_result import TrackingResult
from anycam_ros.frontend.geometric.mapping.local_map import LocalMap, LocalMapOptions
from anycam_ros.frontend.motion_estimate import TrackingState
from anycam_ros.geometry.se3 import Array

IMAGE = np.zeros((HEIGHT, WIDTH), np.uint8)
FLOW = np.zeros((HEIGHT, WIDTH, 2), np.float32)
COUNT, PERIOD_S = 300, 0.1
RNG = np.random.default_rng(2)
POSITION_PX = RNG.uniform(0, (WIDTH, HEIGHT), (COUNT, 2))
RESIDUAL_PX = 0.2 * RNG.normal(size=(COUNT, 2))     # the same in each frame


def tracked(index: int) -> TrackingResult:
    """Return a frame that is found in the map with errors as large as those of the others."""
    everything = np.ones(COUNT, np.bool_)
    return TrackingResult(
        IMAGE, FlowPair(FLOW, FLOW), Matches(POSITION_PX, everything, np.ones(COUNT)),
        np.linalg.norm(RESIDUAL_PX, axis=1), everything,
        motion((0.0, 0.02 * index, 0.0), (0.0, 0.0, 0.0)), 1e4 * np.eye(6), 0.2,
        PoseSensitivity(RESIDUAL_PX, np.zeros((6, LENS_PARAMETERS))))


def covariances(*, key_frame: int, noise_factor: float = 1.0) -> list[Array]:
    """Return those of motions to frames 1, 2, ...; that frame becomes a key frame.

    The map is empty, of which only a sound pose would take note.
    """
    local_map = LocalMap(CAMERA, FOCAL_PX, DepthNoise(0.003, 0.01), LocalMapOptions(),
                         CovarianceOptions())
    state = CameraState(PendingCorrectionOptions())
    state.start_at(0.0)
    found = []
    for index in range(1, 7):
        tracking = tracked(index)
        found.append(move_camera(state, tracking, index * PERIOD_S, local_map,
                                 CovarianceOptions(), status=TrackingState.DEGRADED,
                                 focal_variance=0.0).covariance)
        if index == key_frame:
            state.refer_to(tracking.T_camera_world)
            state.rescale(noise_factor)
    return found


def test_errors_that_cancel_between_frames_count_after_a_new_key_frame() -> None:
    found = [float(np.trace(covariance[3:, 3:])) for covariance in covariances(key_frame=3)]
    assert found[3] == pytest.approx(2 * found[0])      # its own error, and the key frame's
    assert found[4] < 0.1 * found[0]


def test_noise_of_the_key_frame_is_in_the_unit_of_the_map() -> None:
    """Turns have no unit; the step's share that the key frame adds grows with the square."""
    same, larger = (covariances(key_frame=3, noise_factor=factor)[3] for factor in (1.0, 3.0))
    np.testing.assert_allclose(larger[3:, 3:], same[3:, 3:])
    np.testing.assert_allclose(np.trace(larger[:3, :3]), (1 + 9) / 2 * np.trace(same[:3, :3]))
