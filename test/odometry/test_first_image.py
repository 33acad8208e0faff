# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stream that starts with the lens covered."""

from clips import Clip, run, with_picture
import numpy as np


def test_the_first_picture_after_a_cover_has_a_finite_twist(walk: Clip) -> None:
    frames = [with_picture(frame, np.zeros_like(frame.image_rgb)) if index < 3 else frame
              for index, frame in enumerate(walk.frames[:6])]
    for estimate in run(frames):
        assert np.isfinite(estimate.twist).all()
        assert np.isfinite(estimate.twist_covariance).all()
