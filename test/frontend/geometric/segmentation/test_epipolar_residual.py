# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flow that the camera explains has no residual; flow that is NaN has none that counts."""

from typing import NamedTuple

import numpy as np
import pytest
from simulated_views import CAMERA, FOCAL_PX, HEIGHT, motion, project, WIDTH

from anycam_ros.flow.dense_flow import Flow
from anycam_ros.frontend.geometric.segmentation.epipolar_residual import (
    coarse_shape,
    epipolar_residual,
    EpipolarResidual,
    STRIDE,
)
from anycam_ros.geometry.se3 import inverse

T_TARGET_REFERENCE = motion((0.0, 0.01, 0.0), (0.05, 0.0, 0.02))
INVERSE_DEPTH = 0.5
HOLE = np.s_[:, :WIDTH // 3 // STRIDE]


class Flows(NamedTuple):
    """Hold the flow there and back on the coarse grid."""

    forward: Flow
    backward: Flow


def grid() -> Flow:
    """Return the undistorted positions of the coarse pixels."""
    rows, columns = np.indices(coarse_shape((HEIGHT, WIDTH)))
    centres = STRIDE * (np.stack([columns, rows], axis=-1) + 0.5) - 0.5
    return CAMERA.undistorted_px(centres).astype(np.float32)


def wall_flow() -> Flows:
    """Return the flow of a plane in front of the reference camera, there and roughly back."""
    points_px = grid().reshape(-1, 2).astype(np.float64)
    depth = np.full(len(points_px), INVERSE_DEPTH)
    there = project(points_px, depth, T_TARGET_REFERENCE) - points_px
    back = project(points_px, depth, inverse(T_TARGET_REFERENCE)) - points_px
    return Flows(*(flow.reshape(grid().shape).astype(np.float32) for flow in (there, back)))


def residual_of(flows: Flows) -> EpipolarResidual:
    depth = np.full(coarse_shape((HEIGHT, WIDTH)), INVERSE_DEPTH, np.float32)
    return epipolar_residual(*flows, grid(), depth, T_TARGET_REFERENCE, FOCAL_PX)


def inner(image: np.ndarray) -> np.ndarray:
    """Return what is not so near to the border that its flow leaves the image."""
    return np.asarray(image[10:-10, 20:-20])


def test_flow_of_the_camera_has_no_residual() -> None:
    residual = residual_of(wall_flow())
    assert inner(residual.is_known).all()
    assert inner(residual.across).max() < 0.05
    assert inner(residual.along).max() < 0.05


def test_flow_across_and_along_the_epipolar_lines_is_told_apart() -> None:
    flows = wall_flow()
    residual = residual_of(flows._replace(forward=flows.forward + np.float32([0.0, 2.0])))
    right = inner(residual.across)[:, -60:]
    assert np.median(right) > 1.5
    assert np.median(inner(residual.along)[:, -60:]) < 1.0


def test_what_leaves_the_image_is_unknown() -> None:
    flows = wall_flow()
    residual = residual_of(flows._replace(forward=flows.forward + np.float32([WIDTH / 2, 0.0])))
    assert not residual.is_known[:, -(WIDTH // 2 // STRIDE):].any()


def test_error_along_the_lines_is_what_a_nearer_point_would_explain() -> None:
    nearer = np.full(coarse_shape((HEIGHT, WIDTH)), INVERSE_DEPTH - 0.1, np.float32)
    residual = epipolar_residual(*wall_flow(), grid(), nearer, T_TARGET_REFERENCE, FOCAL_PX)
    np.testing.assert_allclose(inner(residual.along), inner(0.1 * residual.per_depth), atol=0.1)
    assert inner(residual.along).min() > 1.0


@pytest.mark.parametrize('way', ['forward', 'backward'])
@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_flow_that_is_not_finite_is_unknown_and_nothing_else(way: str, value: float) -> None:
    flows = wall_flow()
    broken = getattr(flows, way).copy()
    broken[HOLE] = value
    whole, residual = residual_of(flows), residual_of(flows._replace(**{way: broken}))
    assert all(np.isfinite(image).all() for image in residual)
    unknown = ~residual.is_known
    assert not inner(unknown)[:, WIDTH // 3 // STRIDE:].any()
    assert unknown[HOLE][:, :-20].all()
    for image, expected in zip(residual[:-1], whole[:-1], strict=True):
        np.testing.assert_array_equal(image[unknown], 0)
        np.testing.assert_array_equal(image[~unknown], expected[~unknown])
