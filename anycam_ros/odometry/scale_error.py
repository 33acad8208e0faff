# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The error that an uncertain scale adds to lengths: the same share of each."""

import math

import numpy as np

from anycam_ros.geometry.se3 import Array


def scale_covariance(length: Array, relative_std: float) -> Array:
    """Return what the scale adds to the covariance (6, 6), linear first, of a length (3,).

    Nothing where the unit is arbitrary: in it the length is as sure as before.
    """
    covariance = np.zeros((6, 6))
    if math.isfinite(relative_std):
        covariance[:3, :3] = relative_std ** 2 * np.outer(length, length)
    return covariance
