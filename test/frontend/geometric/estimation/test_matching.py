# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matches hold where the flow there and back agrees, and nowhere else."""

import cv2
import numpy as np
import pytest

from anycam_ros.flow.dis import DisFlow, Flow, Image
from anycam_ros.frontend.geometric.estimation.flow_pair import FlowPair, sample_flow
from anycam_ros.frontend.geometric.estimation.matching import (
    follow,
    MatchingOptions,
    search_patches,
)
from anycam_ros.geometry.se3 import Array

HEIGHT, WIDTH = 120, 160
OPTIONS = MatchingOptions()


def constant(x_px: float, y_px: float) -> Flow:
    return np.broadcast_to(np.array([x_px, y_px], np.float32), (HEIGHT, WIDTH, 2)).copy()


@pytest.fixture
def grid() -> Array:
    x, y = np.meshgrid(np.arange(2.0, WIDTH, 7), np.arange(2.0, HEIGHT, 7))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def test_agreement_is_valid_with_full_weight(grid: Array) -> None:
    matches = follow(FlowPair(constant(2.5, -1), constant(-2.5, 1)), grid, OPTIONS)
    np.testing.assert_allclose(matches.target_px, grid + np.array([2.5, -1]))
    inside = ((matches.target_px >= 3) & (matches.target_px <= [WIDTH - 4, HEIGHT - 4])).all(1)
    np.testing.assert_array_equal(matches.is_valid, inside)
    assert 0 < inside.mean() < 1
    np.testing.assert_allclose(matches.weight, inside.astype(float), atol=1e-6)


def test_disagreement_costs_weight_and_then_validity(grid: Array) -> None:
    middle = grid[np.abs(grid - [80, 60]).max(axis=1) < 40]
    weights = []
    for off_px in (0.0, 0.3, 0.6, 0.9):
        matches = follow(FlowPair(constant(1, 0), constant(-1 + off_px, 0)), middle, OPTIONS)
        assert matches.is_valid.all()
        weights.append(matches.weight[0])
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] < 0.7
    wrong = follow(FlowPair(constant(1, 0), constant(1, 0)), middle, OPTIONS)
    assert not wrong.is_valid.any()
    assert not wrong.weight.any()


def texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    noise = [cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), std)
             for std in (2, 8)]
    return cv2.normalize(noise[0] + 4 * noise[1], None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def block(left: int, right: int, top: int, bottom: int) -> Array:
    """Return every third pixel (N, 2) of a rectangle."""
    y, x = np.mgrid[top:bottom:3, left:right:3]
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(float)


def occluder_that_moves(step_px: int) -> tuple[Image, Image]:
    """Return two views of a background with a square before it, which goes to the right."""
    rng = np.random.default_rng(0)
    background, patch = texture(rng, 240, 320), texture(rng, 100, 100)
    reference, target = background.copy(), background.copy()
    reference[70:170, 80:180] = patch
    target[70:170, 80 + step_px:180 + step_px] = patch
    return reference, target


@pytest.mark.parametrize('step_px', [8, 16, 24])
def test_what_an_occluder_covers_is_rejected(step_px: int) -> None:
    reference, target = occluder_that_moves(step_px)
    pair = FlowPair(*DisFlow().both_ways(reference, target))
    assert follow(pair, block(181, 180 + step_px, 80, 160), OPTIONS).is_valid.mean() < 0.2
    assert follow(pair, block(20, 300, 15, 50), OPTIONS).is_valid.mean() > 0.9
    on_patch = block(95, 165, 85, 155)
    matches = follow(pair, on_patch, OPTIONS)
    assert matches.is_valid.mean() > 0.9
    np.testing.assert_allclose(np.median(matches.target_px - on_patch, axis=0), [step_px, 0],
                               atol=0.3)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize('spoilt', ['forward', 'backward'])
def test_flow_that_is_no_number_is_never_valid(grid: Array, value: float, spoilt: str) -> None:
    pair = FlowPair(constant(1, 1), constant(-1, -1))
    getattr(pair, spoilt)[30:60, 40:90] = value
    near = ((grid >= [38, 28]) & (grid <= [91, 61])).all(axis=1)
    within = ((grid > [41, 31]) & (grid < [88, 58])).all(axis=1)
    with np.errstate(all='ignore'):
        matches = follow(pair, grid, OPTIONS)
    assert within.sum() > 10
    assert not matches.is_valid[within].any()
    assert not matches.weight[within].any()
    assert np.isfinite(matches.weight).all()
    far_inside = ~near & (grid > 5).all(axis=1) & (grid < [WIDTH - 6, HEIGHT - 6]).all(axis=1)
    assert matches.is_valid[far_inside].all()


def test_samples_are_bilinear() -> None:
    image = np.zeros((4, 5, 2), np.float32)
    image[1, 2], image[1, 3], image[2, 2], image[2, 3] = (0, 1), (4, 1), (8, 1), (12, 1)
    np.testing.assert_allclose(sample_flow(image, np.array([[2.25, 1.5]]), 1), [[5, 1]], atol=0.05)
    np.testing.assert_allclose(sample_flow(image, np.array([[3.0, 2.0]]), 1), [[12, 1]])


def test_samples_of_a_coarse_grid_belong_to_the_middle_of_its_cells() -> None:
    coarse = np.zeros((4, 5, 2), np.float32)
    coarse[..., 0] = np.arange(5)
    np.testing.assert_allclose(sample_flow(coarse, np.array([[2.5, 3.0], [3.5, 3.0]]), 2),
                               [[1, 0], [1.5, 0]], atol=0.05)


@pytest.mark.parametrize('step_px', [8, 16, 24])
def test_patches_under_an_occluder_are_rejected(step_px: int) -> None:
    reference, target = occluder_that_moves(step_px)
    hidden, seen, on_patch = (block(181, 180 + step_px, 80, 160), block(20, 300, 15, 50),
                              block(95, 165, 85, 155))
    assert search_patches(reference, target, hidden, hidden, OPTIONS).is_valid.mean() < 0.1
    assert search_patches(reference, target, seen, seen + 1.5, OPTIONS).is_valid.mean() > 0.95
    near = on_patch + np.array([step_px - 2.0, 1.0])
    found = search_patches(reference, target, on_patch, near, OPTIONS)
    assert found.is_valid.mean() > 0.95
    np.testing.assert_allclose(found.target_px[found.is_valid] - on_patch[found.is_valid],
                               np.broadcast_to([step_px, 0], (found.is_valid.sum(), 2)), atol=0.1)
    left_out = np.zeros(target.shape, np.bool_)
    left_out[:, 160:] = True
    kept = search_patches(reference, target, on_patch, found.target_px, OPTIONS,
                          left_out=left_out)
    assert (kept.target_px[kept.is_valid, 0] < 160).all()
    assert kept.is_valid.any()


def test_no_points_have_no_matches() -> None:
    nowhere, image = np.zeros((0, 2)), np.zeros((HEIGHT, WIDTH), np.uint8)
    pair = FlowPair(constant(1, 0), constant(-1, 0))
    for matches in (follow(pair, nowhere, OPTIONS),
                    search_patches(image, image, nowhere, nowhere, OPTIONS)):
        assert matches.target_px.shape == (0, 2)
        assert len(matches.is_valid) == len(matches.weight) == 0
