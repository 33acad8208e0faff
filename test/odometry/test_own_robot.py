# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that sees its own hood, or a film with bars, knows its way as well as without."""

from clips import Clip, positions, run, with_picture
import numpy as np
from picture_parts import shifted, surface
import pytest

from anycam_ros.evaluation.metrics import absolute_error
from anycam_ros.odometry import TrackingState

pytestmark = pytest.mark.slow

COUNT = 90
ROW = np.arange(336)[:, None] * np.ones((1, 448))


def error(clip: Clip, cover: np.ndarray, picture: np.ndarray) -> tuple[float, float]:
    """Return the error of a walk where a picture covers a part, and the share left out."""
    frames = []
    for index, frame in enumerate(clip.frames[:COUNT]):
        image = frame.image_rgb.copy()
        noise = np.random.default_rng(index).normal(0, 2, picture.shape)
        image[cover] = np.clip(picture + noise, 0, 255).astype(np.uint8)[cover][:, None]
        frames.append(with_picture(frame, image))
    estimates = run(frames)
    tracking = [index for index, estimate in enumerate(estimates)
                if estimate.status == TrackingState.TRACKING]
    assert len(tracking) > 0.8 * COUNT
    found = positions([estimates[index] for index in tracking])
    return absolute_error(found, clip.positions_m[1:][tracking]), estimates[-1].fixed_share


def test_hood_costs_little(walk: Clip) -> None:
    hood = ROW > 0.7 * 336
    alone, none = error(walk, np.zeros_like(hood), shifted(surface(1), 0, 0))
    behind, share = error(walk, hood, shifted(surface(1), 0, 0))
    assert none < 0.02
    assert share == pytest.approx(hood.mean(), abs=0.08)
    way_m = np.linalg.norm(np.diff(walk.positions_m[:COUNT], axis=0), axis=1).sum()
    assert behind < max(1.5 * alone, 0.02 * way_m)


def test_bars_cost_little(walk: Clip) -> None:
    bars = (ROW < 48) | (ROW > 336 - 48)
    _, share = error(walk, bars, np.zeros((336, 448)))
    assert share == pytest.approx(bars.mean(), abs=0.1)
