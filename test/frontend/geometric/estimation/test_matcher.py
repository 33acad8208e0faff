# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points are found where the picture went, by patches as by flow; nothing is hoarded."""

import weakref

import numpy as np
import pytest
from textured_wall import moved, textured_wall

from anycam_ros.flow.dis import CoarseFlowOptions, DisFlow
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair, sample_flow
from anycam_ros.frontend.geometric.estimation.matcher import DenseMatcher, Matcher, PatchMatcher
from anycam_ros.frontend.geometric.estimation.matching import MatchingOptions
from anycam_ros.geometry.se3 import Array

HEIGHT, WIDTH = 240, 320
STEP = np.array([11.5, -6.25])
WALL = textured_wall(HEIGHT, WIDTH)


def points() -> Array:
    y, x = np.mgrid[40:HEIGHT - 40:9, 40:WIDTH - 40:9]
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(float)


def patches() -> PatchMatcher:
    return PatchMatcher(MatchingOptions(), CoarseFlowOptions())


@pytest.mark.parametrize(('matcher', 'limit_px'), [
    (patches(), 0.1), (DenseMatcher(DisFlow(), MatchingOptions()), 0.3)])
def test_points_are_found_where_the_picture_went(matcher: Matcher, limit_px: float) -> None:
    reference, target = WALL, moved(WALL, STEP)
    pair = matcher.flow(reference, target)
    found = matcher.find(pair, reference, target, points())
    assert found.is_valid.mean() > 0.95
    error = (found.target_px - points() - STEP)[found.is_valid]
    assert np.percentile(np.linalg.norm(error, axis=1), 90) < limit_px
    grid = np.s_[40 // matcher.stride:-40 // matcher.stride]
    assert np.median(np.abs(pair.forward[grid, grid] - STEP)) < 0.5
    assert np.median(np.abs(pair.backward[grid, grid] + STEP)) < 0.5


def test_what_is_left_out_is_not_matched() -> None:
    reference, target, left_out = WALL, moved(WALL, STEP), np.zeros((HEIGHT, WIDTH), bool)
    left_out[:, :WIDTH // 2] = True
    matcher = patches()
    found = matcher.find(matcher.flow(reference, target, None, left_out), reference, target,
                         points())
    assert (found.target_px[found.is_valid, 0] > WIDTH // 2 - 1).all()
    assert found.is_valid.any()


def test_flow_back_is_found_once_and_only_when_asked_for() -> None:
    asked = []

    def backward() -> np.ndarray:
        asked.append(True)
        return np.zeros((2, 2, 2), np.float32)

    pair = FlowPair(np.zeros((2, 2, 2), np.float32), backward)
    assert not asked
    assert pair.backward is pair.backward
    assert len(asked) == 1


def test_a_pair_does_not_keep_those_before_it() -> None:
    """A camera that stands takes no key frame for hours, and each frame starts from the last."""
    matcher, image, pair = patches(), WALL, None
    kept = []
    for _ in range(4):
        pair = matcher.flow(image, image, pair)
        assert pair.backward is not None
        kept.append(weakref.ref(pair))
    assert [reference() is not None for reference in kept] == [False, False, False, True]


@pytest.mark.parametrize(('stride', 'other'), [(1, 2), (2, 1)])
def test_pair_on_another_grid_says_the_same(stride: int, other: int) -> None:
    y, x = (np.indices((48 // stride, 64 // stride)) + 0.5) * stride - 0.5
    slope = np.stack([0.1 * x, 0.05 * y], axis=-1).astype(np.float32)
    pair = FlowPair(slope, lambda: -slope, stride=stride).on_grid(other)
    assert pair.forward.shape == pair.backward.shape == (48 // other, 64 // other, 2)
    at = np.array([[20.0, 30.0], [41.5, 12.5]])
    np.testing.assert_allclose(sample_flow(pair.forward, at, other), at * [0.1, 0.05], atol=0.02)
    np.testing.assert_array_equal(pair.backward, -pair.forward)
