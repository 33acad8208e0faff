# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why a transform cannot be had."""


class TransformException(Exception):
    """Base of the others."""


class ConnectivityException(TransformException):
    """The two frames are in different trees."""


class ExtrapolationException(TransformException):
    """The time is outside of what the buffer holds."""


class InvalidArgumentException(TransformException):
    """A frame name cannot be one."""


class LookupException(TransformException):
    """A frame has never been heard of, or the frames form a loop."""
