# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A static scene looks as the image before says; what moved by itself does not."""

import cv2
import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, WIDTH

from anycam_ros.frontend.geometric.segmentation.depth_expectation import ExpectedDepth
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import coarse_shape, Map, STRIDE
from anycam_ros.frontend.geometric.segmentation.static_appearance import (
    induced_positions,
    static_appearance,
    StaticAppearance,
    StaticAppearanceOptions,
)

SHAPE = coarse_shape((HEIGHT, WIDTH))
T_BEFORE_NOW = motion((0.0, 0.02, 0.01), (0.03, 0.01, 0.0))
INVERSE_DEPTH = 0.5
PATCH, STEP = np.s_[60:100, 80:130], 3      # coarse pixels


def depth(std: float = 0.0) -> ExpectedDepth:
    return ExpectedDepth(np.full(SHAPE, INVERSE_DEPTH, np.float32),
                         np.full(SHAPE, std, np.float32))


def scene() -> Map:
    noise = np.random.default_rng(0).uniform(0, 255, SHAPE).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 2.0) * 2


def appearance(before: Map, std: float = 0.0, offset: float = 0.0) -> StaticAppearance:
    """Return how the view of now, which the scene before fills, looks; with a patch that moved."""
    induced = induced_positions(CAMERA, depth().mean, T_BEFORE_NOW, FOCAL_PX)
    now = cv2.remap(before, induced.x, induced.y, cv2.INTER_LINEAR)
    now[PATCH] = np.roll(now, STEP, axis=1)[PATCH]
    return static_appearance(now + np.float32(offset), before, induced, depth(std),
                             StaticAppearanceOptions())


def test_positions_are_those_of_the_projection() -> None:
    induced = induced_positions(CAMERA, depth().mean, T_BEFORE_NOW, FOCAL_PX)
    row, column = np.indices(SHAPE)
    pixels = np.stack([column.ravel(), row.ravel()], axis=1) * float(STRIDE)
    there = CAMERA.image_px(project(CAMERA.undistorted_px(pixels),
                                    np.full(len(pixels), INVERSE_DEPTH), T_BEFORE_NOW))
    found = STRIDE * np.stack([induced.x.ravel(), induced.y.ravel()], axis=1)
    assert np.abs(found - there).max() < 0.1


@pytest.mark.parametrize('offset', [0.0, 20.0])
def test_what_moved_is_told_from_what_stood(offset: float) -> None:
    seen = appearance(scene(), offset=offset)
    is_sure = seen.trust > 0.5
    moved = np.zeros(SHAPE, np.bool_)
    moved[PATCH] = True
    around = cv2.dilate(moved.astype(np.uint8), np.ones((7, 7))) > 0
    assert np.median(seen.score[moved & is_sure]) > 3
    assert np.percentile(seen.score[~around & is_sure], 95) < 1


def test_an_unsure_depth_excuses_a_difference_and_is_not_trusted() -> None:
    sure, unsure = appearance(scene()), appearance(scene(), std=1.0)
    assert np.median(unsure.score[PATCH]) < 0.5 * np.median(sure.score[PATCH])
    assert np.median(unsure.trust[PATCH]) < 0.5 * np.median(sure.trust[PATCH])


def test_a_blank_image_says_nothing() -> None:
    blank = np.full((HEIGHT // 2, WIDTH // 2), 128, np.float32)
    assert appearance(blank).trust[20:-20, 20:-20].max() < 0.01
