# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the geometric front end does with the next image."""

from enum import Enum


class Mode(Enum):
    """Name what happens with the next image."""

    INITIALIZING = 'initializing'    # its rotation is followed, until there is parallax for a map
    TRACKING = 'tracking'            # it is found in the map
    LOST = 'lost'                    # the same, though the one before was not found there
