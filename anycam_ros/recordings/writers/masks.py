# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Motion masks as images."""

from pathlib import Path

import cv2

from anycam_ros.errors import OutputError
from anycam_ros.odometry import OdometryEstimate
from anycam_ros.recordings.readers.frame_source import SourceFrame


class MaskFolder:
    """Write the motion mask of each frame as PNG, 255 where things move, named by its index."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def add(self, frame: SourceFrame, estimate: OdometryEstimate) -> None:
        """Write one mask."""
        if estimate.motion_mask is None:
            return
        file = self._folder / f'{frame.index:06d}.png'
        # However the run ends, no file of this name is an incomplete mask.
        unfinished = file.with_suffix('.part')
        try:
            unfinished.write_bytes(cv2.imencode('.png', estimate.motion_mask)[1].tobytes())
            unfinished.replace(file)
        except OSError as error:
            raise OutputError(f'{file} cannot be written: {error.strerror}.') from error

    def close(self) -> None:
        """Leave the folder as it is: each mask was complete when written."""
