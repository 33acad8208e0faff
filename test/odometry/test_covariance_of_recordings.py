# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of real recordings are as large as the covariance says, over one frame and over ten.

The truth errs, too: motion capture and KinectFusion jitter by some milliradians, as much as the
odometry does in a frame. What it jitters by is measured in the same run. ANYCAM_SOAK=1 (make
soak) takes all recordings, some minutes, in place of one; -s prints what comes out.
"""

from functools import cache
import os
from pathlib import Path
import sys
from typing import NamedTuple

from clips import run
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.evaluation.consistency import (
    Motion,
    normalised_errors,
    truth_jitter,
    units_per_metre,
)
from anycam_ros.evaluation.metrics import associate
from anycam_ros.geometry.se3 import Array, from_rotation_translation, inverse, so3_exp
from anycam_ros.odometry import OdometryEstimate, TrackingState
from anycam_ros.recordings.readers.image_folder import SequenceFolder

pytestmark = pytest.mark.slow

SOAK = os.environ.get('ANYCAM_SOAK') == '1'
FRAMES = 10
LOW, HIGH = 0.5, 2.0


class Recording(NamedTuple):
    """Name a sequence and by how much its truth is late."""

    name: str
    late_s: float = 0.0


RECORDINGS = [Recording('kitti00_000_150'), Recording('tum_fr1_xyz', 0.01),
              Recording('sevenscenes_redkitchen'), Recording('semisynth_dynamic_fr1_xyz', 0.01)]


def true_poses(folder: Path, stamps_s: Array) -> tuple[NDArray[np.intp], Array]:
    """Return which stamps have a truth near them, and its T_world_camera (N, 4, 4)."""
    table = np.loadtxt(folder / 'groundtruth.txt')
    table = table[np.argsort(table[:, 0])]
    chosen, nearest = associate(stamps_s, table[:, 0])
    return chosen, np.array([from_rotation_translation(_rotation(row[4:]), row[1:4])
                             for row in table[nearest]])


def _rotation(quaternion_xyzw: Array) -> Array:
    length = float(np.linalg.norm(quaternion_xyzw[:3]))
    angle = 2.0 * np.arctan2(length, quaternion_xyzw[3])
    return so3_exp(angle / max(length, 1e-12) * quaternion_xyzw[:3])


def tracked_stretches(estimates: list[OdometryEstimate], chosen: NDArray[np.intp],
                      T_world_camera: Array) -> list[list[Motion]]:
    """Return the motions between frames on end that have a map and a truth, by stretches.

    T_world_camera (N, 4, 4) are the true poses of the chosen estimates (N,). Stretches too short
    to be judged are left out.
    """
    stretches: list[list[Motion]] = [[]]
    for at in range(1, len(chosen)):
        before, now = estimates[chosen[at - 1]], estimates[chosen[at]]
        has_gap = chosen[at] != chosen[at - 1] + 1
        if has_gap or now.status not in (TrackingState.TRACKING, TrackingState.DEGRADED):
            stretches.append([])
            continue
        stretches[-1].append(Motion(
            inverse(before.T_odom_camera) @ now.T_odom_camera,
            now.twist_covariance * (now.stamp_s - before.stamp_s) ** 2,
            inverse(T_world_camera[at - 1]) @ T_world_camera[at]))
    return [stretch for stretch in stretches if len(stretch) >= FRAMES]


@cache
def stretches_of(folder: Path, late_s: float) -> list[list[Motion]]:
    """Return what the odometry finds in a recording whose truth is late, beside the truth."""
    estimates = run(frame.load() for frame in SequenceFolder(folder))
    stamps_s = np.array([estimate.stamp_s for estimate in estimates]) - late_s
    return tracked_stretches(estimates, *true_poses(folder, stamps_s))


@pytest.mark.soak
@pytest.mark.parametrize('frames', [1, FRAMES])
@pytest.mark.parametrize('recording', RECORDINGS if SOAK else RECORDINGS[:1],
                         ids=lambda recording: recording.name)
def test_errors_are_as_large_as_stated(data_dir: Path, recording: Recording,
                                       frames: int) -> None:
    stretches = stretches_of(data_dir / recording.name, recording.late_s)
    motions = [motion for stretch in stretches for motion in stretch]
    assert len(motions) > 100
    unit = units_per_metre(motions)
    jitter = truth_jitter(stretches, unit)
    errors = [normalised_errors(stretch, frames, unit, truth_covariance=jitter)
              for stretch in stretches]
    both, linear, angular = (
        float(np.concatenate([getattr(error, part) for error in errors]).mean())
        for part in ('all', 'linear', 'angular'))
    position_mm, turn_mrad = 1e3 * np.sqrt(np.diag(jitter).reshape(2, 3).mean(axis=1))
    sys.stdout.write(
        f'{recording.name}, {frames} frames: {both:.2f}, linear {linear:.2f}, angular '
        f'{angular:.2f}; truth of a motion jitters by {position_mm:.1f} mm, '
        f'{turn_mrad:.1f} mrad\n')
    assert LOW < both < HIGH, (linear, angular)
