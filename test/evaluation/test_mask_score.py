# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Masks are compared as DAVIS compares them."""

import numpy as np
import pytest

from anycam_ros.evaluation.mask_score import RegionSimilarity

EMPTY, LEFT, ALL = np.zeros((4, 8), bool), np.arange(8) < np.full((4, 1), 4), np.ones((4, 8), bool)


def test_overlaps_are_averaged_over_frames_without_the_first_and_the_last() -> None:
    similarity = RegionSimilarity()
    for found, truth in ((EMPTY, ALL), (LEFT, ALL), (ALL, ALL), (EMPTY, EMPTY), (None, ALL),
                         (EMPTY, ALL)):
        similarity.add(found, truth)
    assert similarity.value == pytest.approx((0.5 + 1 + 1 + 0) / 4)


def test_two_labelled_frames_are_none() -> None:
    similarity = RegionSimilarity()
    similarity.add(ALL, ALL)
    similarity.add(ALL, ALL)
    assert np.isnan(similarity.value)
