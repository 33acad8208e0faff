# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A map takes the edges of the picture, and is only smoothed where the picture has none."""

import numpy as np

from anycam_ros.frontend.geometric.segmentation.guided_filter import guided_filter

HEIGHT, WIDTH, EDGE = 80, 100, 50


def test_map_that_reaches_over_an_edge_is_taken_back_to_it() -> None:
    picture = np.full((HEIGHT, WIDTH), 60, np.float32)
    picture[:, :EDGE] = 160
    spilt = np.zeros_like(picture)
    spilt[:, :EDGE + 3] = 4.0
    found = guided_filter(spilt, picture, radius=6, edge=5.0)
    assert found[:, EDGE - 1].min() > 3.0
    assert found[:, EDGE].max() < 2.5
    assert found[:, EDGE + 20:].max() < 0.1


def test_without_edges_a_map_is_a_mean() -> None:
    blank, values = np.full((HEIGHT, WIDTH), 60, np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    values[:, :EDGE] = 4.0
    found = guided_filter(values, blank, radius=6, edge=5.0)
    np.testing.assert_allclose(found[:, EDGE], 2.0, atol=0.2)
    np.testing.assert_allclose(found.mean(), values.mean(), atol=0.05)


def test_constant_stays_in_any_picture() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH)).astype(np.float32)
    found = guided_filter(np.full_like(picture, 3.0), picture, radius=6, edge=5.0)
    np.testing.assert_allclose(found, 3.0, atol=1e-3)
