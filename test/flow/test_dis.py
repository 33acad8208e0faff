# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dense inverse search finds known motion, the same every time."""

import cv2
import numpy as np
import pytest

from anycam_ros.flow.dis import DisFlow, Flow, Image

HEIGHT, WIDTH, MARGIN = 168, 224, 80


@pytest.fixture(scope='module')
def texture() -> Image:
    """Return a picture with structure of every size, larger than what is cut out of it."""
    rng = np.random.default_rng(0)
    shape = (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN)
    layers = [std * cv2.GaussianBlur(rng.normal(size=shape), (0, 0), std)
              for std in (1.5, 4, 12, 30)]
    return cv2.normalize(sum(layers), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def moved(texture: Image, x_px: float, y_px: float) -> Image:
    """Return the middle of the texture, its content moved by (x, y)."""
    grid = np.indices((HEIGHT, WIDTH), np.float32)
    return cv2.remap(texture, grid[1] + np.float32(MARGIN - x_px),
                     grid[0] + np.float32(MARGIN - y_px), cv2.INTER_CUBIC)


def middle(flow: Flow) -> Flow:
    return flow[30:-30, 30:-30]


@pytest.mark.parametrize(('x_px', 'y_px'), [(0, 0), (3, 0), (0, -4), (5.5, 2.25), (-0.3, 0.4)])
def test_shift_is_found_to_a_fraction_of_a_pixel(texture: Image, x_px: float, y_px: float) -> None:
    flow = DisFlow()(moved(texture, 0, 0), moved(texture, x_px, y_px))
    assert flow.shape == (HEIGHT, WIDTH, 2)
    assert flow.dtype == np.float32
    error = np.linalg.norm(middle(flow) - [x_px, y_px], axis=2)
    assert np.median(error) < 0.15
    assert np.percentile(error, 95) < 0.3


def test_same_images_give_the_same_bytes(texture: Image) -> None:
    source, target = moved(texture, 0, 0), moved(texture, 4.3, -2.1)
    dis = DisFlow()
    first = dis(source, target)
    dis(target, moved(texture, 30, 9))   # what was asked before leaves no trace
    assert dis(source, target).tobytes() == first.tobytes() \
        == DisFlow()(source, target).tobytes()


def test_start_near_the_truth_finds_what_is_out_of_reach_from_zero(texture: Image) -> None:
    shift = np.array([60.0, 25.0], np.float32)
    source, target = moved(texture, 0, 0), moved(texture, *shift)
    start = np.broadcast_to(shift + np.float32(2.5), (HEIGHT, WIDTH, 2)).copy()
    cold, warm = (DisFlow()(source, target, initial) for initial in (None, start))
    error = [np.linalg.norm(flow[40:100, 20:120] - shift, axis=2) for flow in (cold, warm)]
    assert np.median(error[1]) < 0.2
    assert np.median(error[1]) < 0.2 * np.median(error[0])


def test_start_is_left_as_it_was_and_does_not_hurt(texture: Image) -> None:
    source, target = moved(texture, 0, 0), moved(texture, 5.5, 2.25)
    start = np.full((HEIGHT, WIDTH, 2), 3.0, np.float32)
    flow = DisFlow()(source, target, start)
    np.testing.assert_array_equal(start, 3.0)
    assert np.median(np.linalg.norm(middle(flow) - [5.5, 2.25], axis=2)) < 0.1
