# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of real recordings are as large as the covariance says, over ten frames on end.

Over a single frame the truth itself errs as much: motion capture and KinectFusion jitter by some
milliradians. ANYCAM_SOAK=1 (make soak) takes all recordings, 15 minutes, in place of one.
"""

import os
from pathlib import Path
from typing import NamedTuple

from clips import run
import numpy as np
from numpy.typing import NDArray
import pytest

from anycam_ros.evaluation.consistency import Motion, normalised_errors, units_per_metre
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


def tracked_motions(estimates: list[OdometryEstimate], T_world_camera: Array) -> list[Motion]:
    """Return the motions of the longest stretch of frames with a map."""
    stretches: list[list[Motion]] = [[]]
    for index, now in enumerate(estimates[1:], 1):
        before = estimates[index - 1]
        if now.status not in (TrackingState.TRACKING, TrackingState.DEGRADED):
            stretches.append([])
            continue
        stretches[-1].append(Motion(
            inverse(before.T_odom_camera) @ now.T_odom_camera,
            now.twist_covariance * (now.stamp_s - before.stamp_s) ** 2,
            inverse(T_world_camera[index - 1]) @ T_world_camera[index]))
    return max(stretches, key=len)


@pytest.mark.soak
@pytest.mark.parametrize('recording', RECORDINGS if SOAK else RECORDINGS[:1],
                         ids=lambda recording: recording.name)
def test_ten_frames_err_as_much_as_stated(data_dir: Path, recording: Recording) -> None:
    folder = data_dir / recording.name
    estimates = run(frame.load() for frame in SequenceFolder(folder))
    stamps_s = np.array([estimate.stamp_s for estimate in estimates]) - recording.late_s
    chosen, T_world_camera = true_poses(folder, stamps_s)
    assert (np.diff(chosen) == 1).all(), 'the truth has gaps'
    motions = tracked_motions([estimates[index] for index in chosen], T_world_camera)
    assert len(motions) > 100
    errors = normalised_errors(motions, FRAMES, units_per_metre(motions))
    assert LOW < errors.all.mean() < HIGH, (errors.linear.mean(), errors.angular.mean())
