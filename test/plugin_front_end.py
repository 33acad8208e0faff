# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A front end of another package, installed into a folder as pip would do it."""

import os
from pathlib import Path

STEP_M = 0.1
PLUGIN = f'''
import numpy as np

from anycam_ros.frontend.motion_estimate import LengthUnit, MotionEstimate, TrackingState
from anycam_ros.frontend.reason import NO_REASON
from anycam_ros.geometry.camera import ProcessingCamera


class GivenFocal:
    """A calibrated camera's."""

    def __init__(self, focal_px):
        self.focal_px = focal_px

    is_given, is_observed, relative_std = True, True, 0.0

    def log_probabilities(self, height_px):
        return np.full(32, -np.log(32))


class SteadyFrontEnd:
    """Whatever the images show, go ahead by {STEP_M} m from each to the next."""

    scene_depth = 1.0

    def __init__(self, raw, is_calibrated):
        self.camera = ProcessingCamera(raw.resized(64, 48), is_calibrated)
        self.focal = GivenFocal(self.camera.intrinsics.fx)
        self._stamp_s = None

    def process(self, image, stamp_s, depth_m=None):
        assert image.grey.shape == (48, 64)
        T = np.eye(4)
        T[2, 3] = {STEP_M}
        elapsed_s = 1.0 if self._stamp_s is None else stamp_s - self._stamp_s
        self._stamp_s = stamp_s
        return MotionEstimate(
            status=TrackingState.TRACKING, reason=NO_REASON, T_previous_camera=T,
            elapsed_s=elapsed_s, covariance=1e-6 * np.eye(6), static_share=1.0,
            unit=LengthUnit('depth', 0.01))

    def map_points(self):
        return np.zeros((0, 3))

    def depth_image(self):
        return None

    def refined_trajectory(self):
        return []


def load(config):
    assert config.motion == 'steady'
    return SteadyFrontEnd
'''


def install(folder: Path) -> None:
    """Fill a folder with the module, and with what it says of its entry points."""
    metadata = folder / 'steady_front_end-1.0.dist-info'
    metadata.mkdir(parents=True)
    (folder / 'steady_front_end.py').write_text(PLUGIN)
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: steady-front-end\n'
                                       'Version: 1.0\n')
    (metadata / 'entry_points.txt').write_text(
        '[anycam_ros.front_ends]\nsteady = steady_front_end:load\n')


def python_path(folder: Path) -> str:
    """Return PYTHONPATH with the folder in front."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get('PYTHONPATH')])])
