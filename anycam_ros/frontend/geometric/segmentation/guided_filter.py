# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Guided filter (He, Sun and Tang 2013): smooth a map, but along the edges of an image."""

import cv2
import numpy as np

from anycam_ros.frontend.geometric.segmentation.epipolar_residual import Map


def guided_filter(values: Map, guide: Map, radius: int, edge: float) -> Map:
    """Return the values (h, w) as what a linear function of the guide (h, w) makes of them.

    The function is fitted in each square of 2 radius + 1 pixels. edge is the standard deviation,
    in units of the guide, from which on a difference counts as an edge.
    """
    size = (2 * radius + 1, 2 * radius + 1)
    # Running sums of small numbers stay exact enough for differences of their squares.
    centred = guide - np.float32(guide.mean())

    def mean(image: Map) -> Map:
        return np.asarray(cv2.boxFilter(image, cv2.CV_32F, size), np.float32)

    mean_guide, mean_values = mean(centred), mean(values)
    variance = np.maximum(mean(centred * centred) - mean_guide * mean_guide, 0)
    covariance = mean(centred * values) - mean_guide * mean_values
    slope = covariance / (variance + np.float32(edge) ** 2)
    offset = mean_values - slope * mean_guide
    return np.asarray(mean(slope) * centred + mean(offset), np.float32)
