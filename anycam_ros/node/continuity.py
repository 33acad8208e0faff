# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a stream of frames starts anew."""

from anycam_ros.odometry import Frame

CLOCK_JUMP_S = 1.0
"""A stamp that is earlier by more than this comes from a clock set back, not from a late frame."""


def restart_reason(previous: Frame, frame: Frame) -> str:
    """Return why the frame does not continue the stream of the previous one; empty if it does."""
    if (frame.width, frame.height) != (previous.width, previous.height):
        return (f'the image size changed from {previous.width}x{previous.height} to '
                f'{frame.width}x{frame.height}')
    back_s = previous.stamp_s - frame.stamp_s
    if back_s > CLOCK_JUMP_S:
        return f'the stamps jumped back by {back_s:.3f} s'
    return ''
