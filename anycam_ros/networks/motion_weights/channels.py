# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network sees and says; no code of its own, and no torch."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]

STRIDE = 4       # pixels of the working image per pixel of the network's grid
LIMIT = 3.0      # to which every input is clipped

INPUTS = (
    'flow_x', 'flow_y',                  # to the key frame, over its root mean square
    'flow_rms',                          # logarithm of that
    'homography_x', 'homography_y',      # flow beside that of one plane
    'across', 'along',                   # epipolar residual under the front end's motion
    'score', 'trust',                    # the geometric evidence of this frame
    'forward_backward_error',
    'gradient',
    'running_score', 'running_trust',    # the geometric evidence over frames
    'vote',                              # the same with that of its neighbours
    'grey',
    'parallax',                          # flow that the expected depth makes of the translation
    'depth', 'depth_spread',             # expected; over the median of the image, and over itself
    'has_map',
    'known',                             # share of the pixels whose flow is known
    'ray_x', 'ray_y',                    # viewing direction by the present focal length
    'appearance', 'appearance_trust',    # against the image before
)

STATE = ('moving_before', 'was_seen')    # carried along the flow


class NetworkFrame(NamedTuple):
    """Hold a frame on the network's grid."""

    inputs: Map                          # (C, h, w)
    came_from: Map | None                # (2, h, w) x and y in the frame before; None: a first one
    error: Map                           # (h, w) flow that geometry leaves unexplained, over noise


class MotionPrediction(NamedTuple):
    """Hold what the network says of an image."""

    moving: Map                          # (h, w) probability
    log_scale: Map                       # (h, w) of the Laplace distribution of the error
    focal_log_likelihood: Map            # (32,) of the candidates


class MotionNetwork(Protocol):
    """Weigh what moves."""

    def __call__(self, frame: NetworkFrame, moving_before: Map | None
                 ) -> MotionPrediction | None:
        """Return the prediction, given what was said of the frame before; None: no opinion."""
