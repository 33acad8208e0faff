# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An uncertain scale stretches lengths, and nothing else."""

import math

import numpy as np

from anycam_ros.odometry.scale_error import scale_covariance


def test_length_errs_along_itself() -> None:
    length = np.array([3.0, 0.0, -4.0])
    covariance = scale_covariance(length, 0.1)
    std = np.sqrt(np.linalg.eigvalsh(covariance)[-1])
    np.testing.assert_allclose(std, 0.5)
    np.testing.assert_allclose(covariance[:3, :3] @ np.array([4.0, 0.0, 3.0]), 0, atol=1e-12)
    np.testing.assert_array_equal(covariance[3:], 0)


def test_spread_of_lengths_over_many_scales_is_the_covariance() -> None:
    length, rng = np.array([1.0, 2.0, -0.5]), np.random.default_rng(0)
    stretched = length * (1 + 0.05 * rng.standard_normal(20000))[:, None]
    np.testing.assert_allclose(np.cov(stretched.T), scale_covariance(length, 0.05)[:3, :3],
                               rtol=0.05)


def test_in_an_arbitrary_unit_there_is_nothing_to_err() -> None:
    np.testing.assert_array_equal(scale_covariance(np.ones(3), math.inf), 0)
