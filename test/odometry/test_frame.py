# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A frame that no camera delivers is refused with what it is, what is allowed and a way out."""

from dataclasses import replace
import math

import numpy as np
import pytest

from anycam_ros.errors import AnyCamError, FrameError
from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry import Frame

IMAGE = np.zeros((80, 100, 3), np.uint8)


@pytest.mark.parametrize(('change', 'message'), [
    ({'image_rgb': IMAGE[..., 0]}, r'\(80, 100\) uint8.*\(height, width, 3\)'),
    ({'image_rgb': np.zeros((80, 100, 4), np.uint8)}, r'\(80, 100, 4\)'),
    ({'image_rgb': IMAGE.astype(np.float32)}, 'float32.*uint8'),
    ({'image_rgb': np.zeros((0, 0, 3), np.uint8)}, '0x0 px.*at least 64'),
    ({'image_rgb': np.zeros((63, 100, 3), np.uint8)}, '100x63 px.*at least 64 px.*larger image'),
    ({'stamp_s': math.nan}, 'stamp is nan.*finite'),
    ({'stamp_s': math.inf}, 'stamp is inf.*finite'),
    ({'depth_m': np.ones((40, 50), np.float32)}, r'depth is 50x40 px, .*100x80 px.*registered'),
    ({'depth_m': np.ones((80, 100))}, r'depth is \(80, 100\) float64.*float32, in metres'),
    ({'depth_m': np.ones((80, 100, 1), np.float32)}, r'depth is \(80, 100, 1\)'),
    ({'intrinsics': Intrinsics.centred(200, 160, 90.0)}, r'200x160 px.*100x80.*resized\(\)')])
def test_refused(change: dict, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        replace(Frame(1.0, IMAGE), **change)


def test_what_fits_is_taken() -> None:
    frame = Frame(0.0, IMAGE, np.full((80, 100), np.nan, np.float32),
                  Intrinsics.centred(100, 80, 90.0))
    assert (frame.width, frame.height) == (100, 80)
    assert Frame(-1.0, np.zeros((64, 64, 3), np.uint8)).stamp_s == -1


def test_one_except_clause_catches_it() -> None:
    with pytest.raises(AnyCamError):
        Frame(math.nan, IMAGE)
