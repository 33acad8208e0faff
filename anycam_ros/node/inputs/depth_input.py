# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth for the odometry: decoded and checked, with a warning where it is missing."""

import numpy as np
from numpy.typing import NDArray

from anycam_ros.depth.units import unit_warning
from anycam_ros.node.conversions import image_to_depth_m
from anycam_ros.node.diagnostics.throttled_log import Throttle, ThrottledLog
from anycam_ros.node.diagnostics.topic_watch import SILENCE_S, TopicWatch
from anycam_ros.node.inputs.observation import Observation


class DepthInput:
    """Decode the depth that came with an image; warn where it is missing or doubtful."""

    def __init__(self, watch: TopicWatch, log: ThrottledLog) -> None:
        """Take the watch that tells why no depth image arrives at all."""
        self._watch, self._log = watch, log
        self._throttle = Throttle()
        self.frames_without_depth = 0

    def decode(self, observation: Observation) -> NDArray[np.float32] | None:
        """Return the depth for the image, m; None where there is none or nothing of it is valid.

        Raises FrameError for a message that is no depth image.
        """
        depth_m = self._valid_depth(observation)
        self.frames_without_depth += depth_m is None
        return depth_m

    def _valid_depth(self, observation: Observation) -> NDArray[np.float32] | None:
        depth = observation.depth
        if depth is None:
            # Finding out why takes time.
            if self._throttle.admit('missed'):
                self._log.warn(f'image without depth: {self._why_missed(observation.depth_lag_s)}')
            return None
        depth_m = image_to_depth_m(depth)
        depth_frame, image_frame = depth.header.frame_id, observation.image.header.frame_id
        if depth_frame != image_frame:
            self._log.warn(f'depth is in frame {depth_frame!r}, the image in {image_frame!r}; '
                           'depth must be registered to the image. Remap depth to the topic that '
                           'the driver aligns to the image.')
        if not (np.isfinite(depth_m) & (depth_m > 0)).any():
            self._log.warn('the depth image has no valid pixel: it is 0, negative, NaN or '
                           'infinite everywhere. Look at the depth camera.')
            return None
        warning = unit_warning(depth_m)
        if warning:
            self._log.warn(warning)
        return depth_m

    def _why_missed(self, lag_s: float | None) -> str:
        if lag_s is None:
            return self._watch.why_silent()
        found = f'the newest depth image is {abs(lag_s):.3f} s {"older" if lag_s > 0 else "newer"}'
        if abs(lag_s) > SILENCE_S:
            return f'{found}; depth has stopped, or its stamps come from another clock.'
        return (f'{found}; the stamps of image and depth must agree within 0.02 s. Let the driver '
                'synchronise them.')
