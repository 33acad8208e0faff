# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stream starts anew with another size or a clock set back, and only then."""

import numpy as np
import pytest

from anycam_ros.node.continuity import restart_reason
from anycam_ros.odometry import Frame


def frame(stamp_s: float, height: int = 64, width: int = 80) -> Frame:
    return Frame(stamp_s, np.zeros((height, width, 3), np.uint8))


@pytest.mark.parametrize('later', [frame(10.03), frame(10.0), frame(9.5), frame(9.0), frame(1e9)])
def test_stream_goes_on(later: Frame) -> None:
    assert not restart_reason(frame(10.0), later)


@pytest.mark.parametrize(('later', 'reason'), [
    (frame(8.9), 'back by 1.100 s'), (frame(10.03, 80, 64), 'from 80x64 to 64x80')])
def test_stream_starts_anew(later: Frame, reason: str) -> None:
    assert reason in restart_reason(frame(10.0), later)
