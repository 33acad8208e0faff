# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every flow network shares: directions, colours, and vectors in the caller's pixels."""

import numpy as np
import pytest

torch = pytest.importorskip('torch')

from anycam_ros.flow.network_flow import at_size, NetworkFlow  # noqa: E402

CPU = torch.device('cpu')


def brightness_difference(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return as flow x the change of red, as flow y that of blue, of 255."""
    change = 255 * (second - first)
    return torch.stack([change[:, 0], change[:, 2]], dim=1)


def test_both_directions_and_all_colours_come_through() -> None:
    first, second = np.zeros((2, 8, 12, 3), np.uint8)
    first[2, 3] = 10, 0, 0
    second[5, 7] = 0, 0, 20
    forward, backward = NetworkFlow(brightness_difference, CPU).both_ways(first, second)
    assert forward.shape == backward.shape == (8, 12, 2)
    assert forward.dtype == np.float32
    np.testing.assert_allclose(forward[2, 3], (-10, 0), atol=1e-5)
    np.testing.assert_allclose(forward[5, 7], (0, 20), atol=1e-5)
    np.testing.assert_allclose(backward, -forward, atol=1e-5)


def test_grey_images_are_taken_too() -> None:
    first, second = np.zeros((2, 8, 12), np.uint8)
    second[5, 7] = 30
    forward, _ = NetworkFlow(brightness_difference, CPU).both_ways(first, second)
    np.testing.assert_allclose(forward[5, 7], (30, 30), atol=1e-5)


def test_vectors_are_in_pixels_of_the_image_whatever_size_the_network_takes() -> None:
    seen = []

    def a_tenth_of_the_image(first: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        height, width = first.shape[-2:]
        seen.append((height, width))
        flow = first.new_empty(1, 2, height, width)
        flow[:, 0], flow[:, 1] = width / 10, height / 10
        return flow
    images = torch.zeros(1, 3, 50, 70)
    flow = at_size(a_tenth_of_the_image, images, images, 64, 32)
    assert seen == [(64, 32)]
    assert flow.shape == (1, 2, 50, 70)
    np.testing.assert_allclose(flow[0, 0], 7.0, rtol=1e-5)
    np.testing.assert_allclose(flow[0, 1], 5.0, rtol=1e-5)
