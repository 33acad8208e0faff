# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded sequence with all that is known of it; pictures are read when they are needed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import SourceError
from anycam_ros.geometry.quaternion import rotations_from_quaternions
from anycam_ros.odometry import Frame, OdometryConfig
from anycam_ros.offline.run_odometry import Selection
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.readers.image_folder import read_camera, SequenceFolder
from anycam_ros.recordings.writers.tum import read_trajectory

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClipFrame:
    """Hold one frame, not decoded yet."""

    stamp_s: float
    load: Callable[[], Frame]
    load_moving: Callable[[], Mask] | None     # true motion mask (H, W); None: not labelled


@dataclass(frozen=True, eq=False)
class Truth:
    """Hold the true trajectory: camera to world, optical axes, metres."""

    stamps_s: Array           # (M,) ascending
    T_world_camera: Array     # (M, 4, 4)


@dataclass(frozen=True, eq=False)
class Clip:
    """Hold the frames of a sequence and the truth, where it is known."""

    name: str
    frames: list[ClipFrame]
    truth: Truth | None
    focal_px: float           # of the pictures; NaN where unknown
    frame_step: int = 1       # frames of the recording per frame of the clip


def open_clip(folder: Path, config: OdometryConfig, selection: Selection | None = None) -> Clip:
    """Return chosen frames of a sequence folder, all when no selection is given.

    Raises SourceError where the folder lacks what the configuration asks for.
    """
    source = SequenceFolder(folder, config.intrinsics == 'given', config.depth == 'topic')
    chosen = (selection or Selection()).of(source)
    return Clip(folder.name, [_clip_frame(frame, folder / 'mask') for frame in chosen],
                read_truth(folder / 'groundtruth.txt'), _read_focal_px(folder / 'camera.yaml'))


def _clip_frame(frame: SourceFrame, masks: Path) -> ClipFrame:
    file = masks / f'{Path(frame.name).stem}.png'
    return ClipFrame(frame.stamp_s, frame.load, partial(_read_mask, file) if file.exists()
                     else None)


def _read_mask(file: Path) -> Mask:
    image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise SourceError(f'mask {file} cannot be read.')
    return np.asarray(image > 127)


def read_truth(file: Path) -> Truth | None:
    """Return the trajectory of a file in TUM format, None when it does not exist."""
    if not file.exists():
        return None
    trajectory = read_trajectory(file)
    T = np.tile(np.eye(4), (len(trajectory.stamps_s), 1, 1))
    T[:, :3, :3] = rotations_from_quaternions(trajectory.quaternions)
    T[:, :3, 3] = trajectory.positions
    return Truth(trajectory.stamps_s, T)


def _read_focal_px(file: Path) -> float:
    try:
        return read_camera(file).fx
    except SourceError:
        return np.nan
