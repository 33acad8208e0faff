# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speeds of a recording, fed to the odometry in the order of time."""

from collections.abc import Iterable, Iterator

from anycam_ros.odometry import Speed, VisualOdometry
from anycam_ros.recordings.readers.frame_source import SourceFrame

AHEAD_S = 0.5                    # of the image: its speed is interpolated between those around it


def feed_speeds(frames: Iterable[SourceFrame], speeds: Iterable[Speed],
                odometry: VisualOdometry) -> Iterator[SourceFrame]:
    """Return the frames; before each, the odometry gets the speeds up to a little after it."""
    coming = iter(speeds)
    following = next(coming, None)
    for frame in frames:
        while following is not None and following.stamp_s < frame.stamp_s + AHEAD_S:
            odometry.add_speed(following)
            following = next(coming, None)
        yield frame
