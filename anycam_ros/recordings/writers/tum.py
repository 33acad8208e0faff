# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trajectories in the text format of the TUM RGB-D benchmark: t tx ty tz qx qy qz qw."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import SourceError
from anycam_ros.geometry.quaternion import quaternion_from_rotation
from anycam_ros.odometry import OdometryEstimate, TrackingState
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.stamps import format_stamp


class Trajectory(NamedTuple):
    """Hold stamps (N,) in seconds, positions (N, 3) and quaternions (N, 4): x, y, z, w."""

    stamps_s: NDArray[np.float64]
    positions: NDArray[np.float64]
    quaternions: NDArray[np.float64]


def tum_line(stamp_ns: int, T_world_camera: NDArray[np.float64]) -> str:
    """Return one line of the file, without its end."""
    position = T_world_camera[:3, 3]
    quaternion = quaternion_from_rotation(T_world_camera[:3, :3])
    numbers = ' '.join(f'{value:.9f}' for value in (*position, *quaternion))
    return f'{format_stamp(stamp_ns)} {numbers}'


class TrajectoryFile:
    """Write the pose of each frame that has one, camera to world, as soon as it is known."""

    def __init__(self, path: Path) -> None:
        self._file = path.open('w', buffering=1)

    def add(self, frame: SourceFrame, estimate: OdometryEstimate) -> None:
        """Append one pose."""
        if estimate.status is not TrackingState.LOST:
            self._file.write(tum_line(frame.stamp_ns, estimate.T_odom_camera) + '\n')

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_trajectory(path: Path) -> Trajectory:
    """Return the trajectory of a file; raises SourceError where it is unreadable."""
    try:
        table = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise SourceError(f'{path} cannot be read: {error}') from error
    if table.shape[1:] != (8,):
        raise SourceError(f'{path} is a table of {table.shape}; each line must hold 8 numbers: '
                          't tx ty tz qx qy qz qw.')
    return Trajectory(table[:, 0], table[:, 1:4], table[:, 4:8])
