# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network said of the frame before, carried along the flow."""

import cv2
import numpy as np

from anycam_ros.networks.motion_weights.channels import Map, STATE


def carried_state(moving_before: Map | None, came_from: Map | None,
                  shape: tuple[int, int]) -> Map:
    """Return the state (S, h, w) from where each pixel was (2, h, w) in the frame before.

    Of what was not in view then, nothing was said.
    """
    if moving_before is None or came_from is None:
        return np.zeros((len(STATE), *shape), np.float32)
    rows, columns = moving_before.shape
    x, y = came_from
    was_seen = (x > -0.5) & (y > -0.5) & (x < columns - 0.5) & (y < rows - 0.5)
    before = cv2.remap(moving_before, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.stack([before * was_seen, was_seen]).astype(np.float32)
