# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The motion that a repeated image hides.

Drivers and recorders that have no new image in time send the last one again, with a new stamp. No
two exposures are equal, so an equal image says nothing of the motion since the last, and the next
one shows the motion of both frames at once.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anycam_ros.frontend.motion_estimate import Array, MotionEstimate
from anycam_ros.geometry.se3 import so3xr3_log

MOST_REPEATS = 2      # in a row; an image that stays longer is of a camera that rests


class RepeatedImage:
    """Watch for images that come again, and widen the covariance of what they hide."""

    def __init__(self) -> None:
        self._image: NDArray[np.uint8] | None = None
        self._motion = np.zeros(6)         # of a frame (linear, angular), as last seen
        self._repeats = 0                  # of the last image

    def allow_for(self, image: NDArray[np.uint8], motion: MotionEstimate) -> MotionEstimate:
        """Return the motion to an image (H, W) with what it hides in its covariance."""
        is_repeated = self._image is not None and np.array_equal(image, self._image)
        self._image = image
        if is_repeated:
            self._repeats += 1
            if self._repeats > MOST_REPEATS:
                self._motion[:] = 0.0
            hidden = self._motion
        else:
            seen = so3xr3_log(motion.T_previous_camera)
            self._motion = seen / (1 + self._repeats)
            hidden = seen - self._motion
            self._repeats = 0
        if not hidden.any():
            return motion
        return replace(motion, covariance=motion.covariance + _of_any_direction(hidden))


def _of_any_direction(hidden: Array) -> Array:
    """Return the covariance (6, 6) of a motion of this size: the camera may have turned off."""
    squared = np.repeat([hidden[:3] @ hidden[:3], hidden[3:] @ hidden[3:]], 3)
    return np.diag(squared / 3.0)
