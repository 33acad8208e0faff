# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy and speed of the whole odometry on recorded sequences with ground truth."""

from collections.abc import Iterator
from pathlib import Path
import time
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.metrics import absolute_error, associate
from anycam_ros.odometry import (
    OdometryConfig,
    OdometryEstimate,
    TrackingState,
    VisualOdometry,
    warm_up,
)
from anycam_ros.offline.run_odometry import Selection
from anycam_ros.recordings.readers.frame_source import SourceFrame
from anycam_ros.recordings.readers.image_folder import read_camera, SequenceFolder
from anycam_ros.recordings.writers.tum import read_trajectory

STARTS = (0, 5, 10)              # one start alone can be lucky

Array = NDArray[np.float64]


class Figures(NamedTuple):
    """Hold the figures of one run over one sequence; NaN where there is no truth."""

    path_error_m: float        # RMSE after Sim(3) alignment
    metric_error_m: float      # RMSE after SE(3) alignment; NaN where lengths are not metric
    focal_error: float         # relative
    mask_overlap: float        # intersection over union, all frames pooled
    path_length: float         # of the estimate, in its own unit
    lost_frames: int
    frames_per_second: float   # of VisualOdometry.process alone


def benchmark_frontend(data: Path, config: OdometryConfig) -> Iterator[str]:
    """Run a sequence folder, or each in a folder, from three starts; yield a table line by line.

    Sequences without the depth or the calibration that the configuration asks for are left out,
    with a line that says so. Raises SourceError where no sequence is left.
    """
    found = [data] if (data / 'timestamps.txt').is_file() else \
        sorted(path.parent for path in data.glob('*/timestamps.txt'))
    lacking = {sequence.name: _lacks(sequence, config) for sequence in found}
    sequences = [sequence for sequence in found if not lacking[sequence.name]]
    if not sequences:
        missing = ''.join(f' {name} has no {what}.' for name, what in lacking.items())
        raise SourceError(f'{data} holds no sequence folder that can be used; each must hold '
                          f'rgb/, timestamps.txt, camera.yaml, groundtruth.txt.{missing}')
    yield from (f'{name} is left out: it has no {what}'
                for name, what in lacking.items() if what)
    warm_up(VisualOdometry(config))
    yield (f'{"sequence":<28}{"ATE m":>8}{"worst":>8}{"SE(3) m":>9}{"worst":>8}'
           f'{"focal":>8}{"worst":>8}{"mask":>7}'
           f'{"path":>9}{"lost":>6}{"fps":>6}')
    for sequence in sequences:
        runs = [run_sequence(sequence, start, config) for start in STARTS]
        middle = Figures(*np.median(np.array(runs), axis=0))
        worst = Figures(*np.max(np.array(runs), axis=0))
        yield (f'{sequence.name:<28}{middle.path_error_m:>8.4f}{worst.path_error_m:>8.4f}'
               f'{middle.metric_error_m:>9.4f}{worst.metric_error_m:>8.4f}'
               f'{middle.focal_error:>8.1%}{worst.focal_error:>8.1%}{middle.mask_overlap:>7.2f}'
               f'{middle.path_length:>9.3f}{worst.lost_frames:>6.0f}'
               f'{middle.frames_per_second:>6.1f}')


def _lacks(sequence: Path, config: OdometryConfig) -> str:
    """Return what the configuration asks for and the sequence does not have; empty for nothing."""
    if config.depth == 'topic' and not (sequence / 'depth').is_dir():
        return 'depth'
    if config.intrinsics == 'given' and not _is_calibrated(sequence):
        return 'calibration'
    return ''


def _is_calibrated(sequence: Path) -> bool:
    try:
        read_camera(sequence / 'camera.yaml')
    except SourceError:
        return False
    return True


def run_sequence(sequence: Path, start: int, config: OdometryConfig) -> Figures:
    """Return the figures of one sequence folder from a start frame to its end."""
    source = SequenceFolder(sequence, config.intrinsics == 'given', config.depth == 'topic')
    odometry, overlap = VisualOdometry(config), _MaskOverlap(sequence / 'mask')
    stamps_s, positions, lost, elapsed_s, estimate = [], [], 0, 0.0, None
    for source_frame in Selection(start).of(source):
        frame = source_frame.load()
        begun_s = time.perf_counter()
        estimate = odometry.process(frame)
        elapsed_s += time.perf_counter() - begun_s
        if estimate is None or estimate.status is TrackingState.LOST:
            lost += estimate is not None
            continue
        stamps_s.append(source_frame.stamp_s)
        positions.append(estimate.T_odom_camera[:3, 3])
        overlap.add(source_frame, estimate)
    path = np.array(positions)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    is_metric = estimate is not None and estimate.scale_source != 'none'
    metric_error_m = _path_error(sequence, np.array(stamps_s), path, has_scale=False)
    return Figures(
        path_error_m=_path_error(sequence, np.array(stamps_s), path),
        metric_error_m=metric_error_m if is_metric else np.nan,
        focal_error=_focal_error(sequence, estimate), mask_overlap=overlap.value,
        path_length=float(steps.sum()), lost_frames=lost,
        frames_per_second=(len(stamps_s) + lost + 1) / elapsed_s)


def _path_error(sequence: Path, stamps_s: Array, positions: Array, *,
                has_scale: bool = True) -> float:
    file = sequence / 'groundtruth.txt'
    if not file.exists():
        return np.nan
    truth = read_trajectory(file)
    chosen, matched = associate(stamps_s, truth.stamps_s)
    return absolute_error(positions[chosen], truth.positions[matched], has_scale=has_scale)


def _focal_error(sequence: Path, estimate: OdometryEstimate | None) -> float:
    try:
        truth = read_camera(sequence / 'camera.yaml')
    except SourceError:
        return np.nan
    return np.nan if estimate is None else abs(estimate.intrinsics.fx / truth.fx - 1)


class _MaskOverlap:
    """Pool the overlap of motion masks with the true ones, where there are any."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._both = self._either = 0

    def add(self, frame: SourceFrame, estimate: OdometryEstimate) -> None:
        truth = cv2.imread(str(self._folder / f'{Path(frame.name).stem}.png'),
                           cv2.IMREAD_GRAYSCALE) if self._folder.exists() else None
        if truth is None or estimate.motion_mask is None:
            return
        moves, found = truth > 0, estimate.motion_mask > 0
        self._both += int((moves & found).sum())
        self._either += int((moves | found).sum())

    @property
    def value(self) -> float:
        return self._both / self._either if self._either else np.nan
