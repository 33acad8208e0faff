# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a plausible lens makes of a turn is no parallax; what depth makes of a step is."""

import numpy as np
import pytest
from simulated_views import FOCAL_PX, motion, project, scattered_px

from anycam_ros.frontend.geometric.initialisation.lens_turn import (
    fit_lens_turn,
    LensTurnOptions,
)
from anycam_ros.geometry.se3 import Array

COUNT = 300
OPTIONS = LensTurnOptions()


def views(inverse_depth: Array, translation: tuple[float, float, float],
          distortion: float) -> tuple[Array, Array]:
    first = scattered_px(np.random.default_rng(2), COUNT)
    second = project(first, inverse_depth, motion((0.02, -0.2, 0.05), translation))
    return distorted(first, distortion), distorted(second, distortion)


def distorted(position_px: Array, k1: float) -> Array:
    squared = (position_px ** 2).sum(axis=1, keepdims=True) / FOCAL_PX ** 2
    return np.asarray(position_px * (1 + k1 * squared))


def median_residual_px(first: Array, second: Array, *, focal_px: float,
                       focal_std: float) -> float:
    return float(np.median(fit_lens_turn(
        first, second, np.ones(COUNT), np.eye(3), focal_px, focal_std, OPTIONS).residual_px))


@pytest.mark.parametrize(('focal_ratio', 'distortion'), [(1.0, 0.0), (1.3, 0.0), (1.2, -0.1)])
def test_lens_explains_what_a_turn_leaves(focal_ratio: float, distortion: float) -> None:
    first, second = views(np.zeros(COUNT), (0, 0, 0), distortion)
    focal_px = focal_ratio * FOCAL_PX
    known = median_residual_px(first, second, focal_px=focal_px, focal_std=0.0)
    unknown = median_residual_px(first, second, focal_px=focal_px, focal_std=0.3)
    assert unknown < 0.5
    assert unknown <= known + 0.01


def test_no_lens_explains_depth() -> None:
    inverse_depth = np.random.default_rng(3).uniform(0.02, 0.2, COUNT)
    first, second = views(inverse_depth, (0.3, 0, 0.1), 0.0)
    assert median_residual_px(first, second, focal_px=FOCAL_PX, focal_std=0.3) > 2.0


def test_lens_far_from_the_expected_one_is_implausible() -> None:
    first, second = views(np.zeros(COUNT), (0, 0, 0), 0.0)

    def implausibility(focal_px: float) -> float:
        return fit_lens_turn(first, second, np.ones(COUNT), np.eye(3), focal_px, 0.3,
                             OPTIONS).implausibility

    assert implausibility(FOCAL_PX) < 0.1
    assert implausibility(2 * FOCAL_PX) > 3
