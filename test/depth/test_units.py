# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Millimetres that are taken for metres are noticed."""

import numpy as np
import pytest

from anycam_ros.depth.units import unit_warning


def room_m(scale: float = 1.0) -> np.ndarray:
    depth = np.linspace(0.5, 6.0, 480 * 640, dtype=np.float32).reshape(480, 640) * scale
    depth[:200] = np.nan
    depth[200:230] = 0
    depth[:, :30] = np.inf
    return depth.astype(np.float32)


def test_millimetres_as_metres_are_noticed_whatever_is_unknown() -> None:
    assert 'the median depth is 45' in unit_warning(room_m(1000.0))


@pytest.mark.parametrize('depth', [
    room_m(), np.full((480, 640), 99, np.float32), np.full((480, 640), np.nan, np.float32),
    np.zeros((480, 640), np.float32), np.zeros((0, 0), np.float32)])
def test_what_can_be_is_not_doubted(depth: np.ndarray) -> None:
    assert unit_warning(depth) == ''
