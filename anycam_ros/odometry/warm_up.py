# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compile everything before the first frame, so that no frame waits for the compiler."""

import numpy as np

from anycam_ros.geometry.camera import Intrinsics
from anycam_ros.odometry.frame import Frame
from anycam_ros.odometry.visual_odometry import VisualOdometry

SIZE_PX = (240, 320)
FRAMES = 12


def warm_up(odometry: VisualOdometry | None = None) -> None:
    """Run the whole pipeline, from the start of a map to refinement, over made-up pictures.

    Takes the default odometry where none is given, and resets it in the end.
    """
    odometry = odometry or VisualOdometry()
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (2, 40, 60), dtype=np.uint8)
    far, near = (np.kron(layer, np.ones((12, 12), np.uint8)) for layer in coarse)
    camera = Intrinsics.centred(SIZE_PX[1], SIZE_PX[0], float(SIZE_PX[1]))
    for index in range(FRAMES):
        height, width = SIZE_PX
        picture = far[:height, 2 * index:2 * index + width].copy()
        picture[height // 2:] = near[height // 2:height, 6 * index:6 * index + width]
        depth_m = np.full(SIZE_PX, 2.0, np.float32)
        odometry.process(Frame(float(index), np.repeat(picture[..., None], 3, axis=2), depth_m,
                               camera))
    odometry.reset()
