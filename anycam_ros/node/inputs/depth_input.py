# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth for the odometry: decoded, checked, and missed where it did not come."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from anycam_ros.depth.units import unit_warning
from anycam_ros.node.conversions import image_to_depth_m
from anycam_ros.node.diagnostics.status import Throttle
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S
from anycam_ros.node.inputs.depth_synchroniser import RgbdImage


class DepthInput:
    """Return the depth that came with an image; warn where it is missing or doubtful."""

    def __init__(self, why_silent: Callable[[], str], warn: Callable[[str], None]) -> None:
        """Take what tells why no depth image arrives at all."""
        self._why_silent = why_silent
        self._warn = warn
        self._throttle = Throttle()

    def depth_m(self, rgbd: RgbdImage) -> NDArray[np.float32] | None:
        """Return the depth for the image, metres; None where there is none or it shows nothing.

        Raises FrameError for a message that is no depth image.
        """
        if rgbd.depth is None:
            # Finding out why takes time.
            if self._throttle.lets_through('missed'):
                self._warn(f'image without depth: {self._why_missed(rgbd.depth_lag_s)}')
            return None
        depth_m = image_to_depth_m(rgbd.depth)
        depth_frame, image_frame = rgbd.depth.header.frame_id, rgbd.image.header.frame_id
        if depth_frame != image_frame:
            self._warn(f'depth is in frame {depth_frame!r}, the image in {image_frame!r}; depth '
                       'must be registered to the image. Remap depth to the topic that the '
                       'driver aligns to the image.')
        if not (np.isfinite(depth_m) & (depth_m > 0)).any():
            self._warn('the depth image shows nothing: it is 0, negative, NaN or infinite '
                       'everywhere. Look at the depth camera.')
            return None
        warning = unit_warning(depth_m)
        if warning:
            self._warn(warning)
        return depth_m

    def _why_missed(self, lag_s: float | None) -> str:
        if lag_s is None:
            return self._why_silent()
        found = f'the newest depth image is {abs(lag_s):.3f} s {"older" if lag_s > 0 else "newer"}'
        if abs(lag_s) > SILENCE_S:
            return f'{found}; depth has stopped, or its stamps come from another clock.'
        return (f'{found}; the stamps of image and depth must agree within 0.02 s. Let the driver '
                'synchronise them.')
