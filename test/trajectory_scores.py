# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of runs in tests: the path error never stands alone, for it hides what explodes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anycam_ros.evaluation.clip import open_clip
from anycam_ros.evaluation.clip_score import POSITIONED
from anycam_ros.evaluation.metrics import associate
from anycam_ros.evaluation.trajectory_score import (
    MatchedPoses,
    score_trajectory,
    TrajectoryScore,
)
from anycam_ros.odometry import OdometryConfig, OdometryEstimate

Array = NDArray[np.float64]


def score_poses(T_estimated: Array, T_true: Array,
                positioned: NDArray[np.bool_] | None = None) -> TrajectoryScore:
    """Return the figures of poses (N, 4, 4) of consecutive frames."""
    count = len(T_true)
    known = np.ones(count, np.bool_) if positioned is None else positioned
    return score_trajectory(MatchedPoses(np.arange(count), T_estimated, T_true, known))


def score_estimates(estimates: Sequence[OdometryEstimate], T_true: Array) -> TrajectoryScore:
    """Return the figures of estimates for consecutive frames with these true poses."""
    return score_poses(
        np.array([estimate.T_odom_camera for estimate in estimates]), T_true,
        np.array([estimate.status in POSITIONED for estimate in estimates]))


def recorded_truth(folder: Path, estimates: Sequence[OdometryEstimate]) -> Array:
    """Return the true poses (N, 4, 4) of a sequence folder at the times of the estimates."""
    truth = open_clip(folder, OdometryConfig()).truth
    assert truth is not None
    own, theirs = associate(np.array([estimate.stamp_s for estimate in estimates]),
                            truth.stamps_s)
    assert len(own) == len(estimates)
    return truth.T_world_camera[theirs]
