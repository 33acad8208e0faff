# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Patches are found to a small part of a pixel, whatever the light, or not at all."""

import numpy as np
import pytest
from textured_wall import moved, textured_wall

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.estimation.patch_alignment import (
    align_patches,
    has_texture,
    PatchAlignmentOptions,
)
from anycam_ros.geometry.se3 import Array

HEIGHT, WIDTH = 120, 160
OPTIONS = PatchAlignmentOptions()
STEP, NEAR = np.array([3.3, -2.6]), np.array([2.0, -2.0])


@pytest.fixture(scope='module')
def wall() -> Image:
    return textured_wall(HEIGHT, WIDTH, (1.5, 4))


def grid(border_px: int = 14) -> Array:
    x, y = np.meshgrid(np.arange(border_px, WIDTH - border_px, 8.5),
                       np.arange(border_px, HEIGHT - border_px, 8.5))
    return np.stack([x.ravel(), y.ravel()], axis=1)


@pytest.mark.parametrize(('gain', 'bias'), [(1.0, 0.0), (0.5, 0.0), (1.2, -30.0), (0.6, 90.0)])
def test_step_is_found_in_any_light(wall: Image, gain: float, bias: float) -> None:
    found = align_patches(wall, moved(wall, STEP, gain, bias), grid(), grid() + NEAR, OPTIONS)
    assert found.is_found.mean() > 0.98
    error = (found.target_px - grid() - STEP)[found.is_found]
    assert np.abs(error).max() < 0.1


def test_noise_costs_little(wall: Image) -> None:
    found = align_patches(wall, moved(wall, STEP, noise=5.0), grid(), grid() + NEAR, OPTIONS)
    assert found.is_found.mean() > 0.9
    assert np.median(np.abs((found.target_px - grid() - STEP)[found.is_found])) < 0.1


def test_what_is_elsewhere_is_not_found(wall: Image) -> None:
    other = np.ascontiguousarray(wall[::-1, ::-1])
    assert align_patches(wall, other, grid(), grid(), OPTIONS).is_found.mean() < 0.1


def test_farther_than_the_reach_is_not_found(wall: Image) -> None:
    far = np.array([OPTIONS.reach_px + 2, 0.0])
    found = align_patches(wall, moved(wall, far), grid(), grid(), OPTIONS)
    assert not (found.is_found & (np.abs(found.target_px - grid() - far).max(axis=1) < 1)).any()


def test_patch_without_texture_is_not_found() -> None:
    blank = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert not align_patches(blank, blank, grid(), grid(), OPTIONS).is_found.any()
    assert not has_texture(blank, grid()).any()


def test_edge_shows_no_position_along_itself() -> None:
    edge = np.full((HEIGHT, WIDTH), 60, np.uint8)
    edge[:, WIDTH // 2:] = 180
    corner = edge.copy()
    corner[HEIGHT // 2:] = 60
    at = np.array([[WIDTH / 2, HEIGHT / 2]])
    assert not has_texture(edge, at)[0]
    assert has_texture(corner, at)[0]


@pytest.mark.parametrize('start', [(np.nan, 5.0), (np.inf, 5.0), (-9.0, 5.0), (5.0, 1e30)])
def test_start_outside_of_the_image_is_not_found(wall: Image, start: tuple[float, float]) -> None:
    at = np.array([[40.0, 40.0], [60.0, 60.0]])
    found = align_patches(wall, wall, at, np.array([start, (60.0, 60.0)]), OPTIONS)
    assert found.is_found.tolist() == [False, True]


def test_border_of_the_image_is_no_end_of_the_patch(wall: Image) -> None:
    at = np.array([[4.0, 4.0], [WIDTH - 5.0, HEIGHT - 5.0], [4.0, 60.0], [80.0, HEIGHT - 5.0]])
    found = align_patches(wall, wall, at, at + 0.5, OPTIONS)
    np.testing.assert_allclose(found.target_px[found.is_found], at[found.is_found], atol=0.05)
    assert found.is_found.all()
