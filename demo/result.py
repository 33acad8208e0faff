# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What came out of the node, compared with what is known about the clip."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from recorder import Recorder

from anycam_ros.errors import SourceError
from anycam_ros.evaluation.clip import read_truth
from anycam_ros.evaluation.clip_score import POSITIONED
from anycam_ros.evaluation.metrics import align, associate
from anycam_ros.evaluation.trajectory_score import (
    MatchedPoses,
    path_length,
    score_trajectory,
    TrajectoryScore,
)
from anycam_ros.geometry.quaternion import rotations_from_quaternions
from anycam_ros.recordings.readers.image_folder import read_camera

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Playback:
    """Hold what the player said: stamps of the messages, and of the recording, in nanoseconds."""

    start_ns: int
    first_stamp_ns: int
    published: int

    def recorded_s(self, stamps_ns: list[int]) -> Array:
        """Return the stamps (N,) that messages had in the recording, in seconds."""
        return np.array([self.recorded_ns(stamp_ns) * 1e-9 for stamp_ns in stamps_ns])

    def recorded_ns(self, stamp_ns: int) -> int:
        """Return the stamp that a message had in the recording."""
        return stamp_ns - self.start_ns + self.first_stamp_ns


@dataclass(frozen=True, eq=False)
class Truth:
    """Hold what is known: path in the axes of odom and the estimate's fit to it."""

    scale: float               # metres per unit of the odometry
    positions: Array           # (N, 3) m, in the axes of odom
    path_length_m: float       # of the true path
    score: TrajectoryScore     # of the published poses, counted as consecutive frames


@dataclass(frozen=True, eq=False)
class Result:
    """Hold the figures of one run of the demo."""

    frames_in: int
    dropped: int
    latencies_ms: Array        # (N,) from an image's stamp to the arrival of its odometry
    times_s: Array             # (N,) since the first image
    positions: Array           # (N, 3) in odom
    focal_px: Array            # (N,)
    focal_std_px: Array        # (N,)
    focal_source: str          # of the last one: 'prior', 'estimated' or 'given'
    true_focal_px: float | None
    truth: Truth | None
    mask_overlap: float | None   # intersection over union, all frames together

    @property
    def poses_out(self) -> int:
        """Return the number of poses."""
        return len(self.positions)


def evaluate(recorder: Recorder, playback: Playback, clip: Path) -> Result:
    """Return the figures; raises SourceError when nothing came out."""
    stamps = sorted(recorder.odometry)
    if not stamps:
        reasons = sorted({status.reason for status in recorder.statuses.values()})
        raise SourceError(f'{playback.published} images went in and no odometry came out. '
                          f'The node says: {"; ".join(reasons) or "nothing"}')
    poses = _poses(recorder, stamps)
    recorded_s = playback.recorded_s(stamps)
    with_focal = [stamp for stamp in stamps
                  if stamp in recorder.focal_px and stamp in recorder.statuses]
    focal = {stamp: recorder.focal_px[stamp] for stamp in with_focal}
    std = {stamp: recorder.statuses[stamp].focal_std_px for stamp in with_focal}
    return Result(
        frames_in=playback.published,
        dropped=max(status.frames_dropped for status in recorder.statuses.values()),
        latencies_ms=np.array([(recorder.arrived_ns[stamp] - stamp) * 1e-6 for stamp in stamps]),
        times_s=recorded_s - playback.first_stamp_ns * 1e-9,
        positions=poses[:, :3, 3],
        focal_px=np.array([focal.get(stamp, np.nan) for stamp in stamps]),
        focal_std_px=np.array([std.get(stamp, np.inf) for stamp in stamps]),
        focal_source=recorder.statuses[with_focal[-1]].focal_source if with_focal else 'prior',
        true_focal_px=_true_focal(clip),
        truth=_truth(clip, recorded_s, poses, _positioned(recorder, stamps)),
        mask_overlap=_mask_overlap(recorder, playback, clip))


def _poses(recorder: Recorder, stamps: list[int]) -> Array:
    """Return the poses (N, 4, 4) that were published, optical axes in odom."""
    poses = [recorder.odometry[stamp].pose.pose for stamp in stamps]
    T = np.tile(np.eye(4), (len(poses), 1, 1))
    T[:, :3, 3] = [(p.position.x, p.position.y, p.position.z) for p in poses]
    T[:, :3, :3] = rotations_from_quaternions(np.array([
        (p.orientation.x, p.orientation.y, p.orientation.z, p.orientation.w) for p in poses]))
    return T


def _positioned(recorder: Recorder, stamps: list[int]) -> NDArray[np.bool_]:
    statuses = (recorder.statuses.get(stamp) for stamp in stamps)
    return np.array([status is not None and status.state in POSITIONED
                     for status in statuses])


def _true_focal(clip: Path) -> float | None:
    try:
        return read_camera(clip / 'camera.yaml').fx
    except SourceError:
        return None


def _truth(clip: Path, stamps_s: Array, poses: Array, positioned: NDArray[np.bool_]) \
        -> Truth | None:
    truth = read_truth(clip / 'groundtruth.txt')
    if truth is None:
        return None
    own, theirs = associate(stamps_s, truth.stamps_s)
    if len(own) < 3:
        return None
    T_true = truth.T_world_camera
    similarity = align(poses[own, :3, 3], T_true[theirs, :3, 3])
    played = (truth.stamps_s >= stamps_s[0] - 0.02) & (truth.stamps_s <= stamps_s[-1] + 0.02)
    path = T_true[played, :3, 3]
    return Truth(
        scale=similarity.scale,
        positions=similarity.scale * similarity.apply_inverse(path),
        path_length_m=path_length(path),
        score=score_trajectory(MatchedPoses(own, poses[own], T_true[theirs], positioned[own])))


def _mask_overlap(recorder: Recorder, playback: Playback, clip: Path) -> float | None:
    """Return the overlap with the clip's own masks, which are named by the frames' numbers."""
    if not (clip / 'mask').is_dir():
        return None
    from anycam_ros.recordings.readers.open_recording import open_recording

    numbers = {frame.stamp_ns: frame.index for frame in open_recording(clip)}
    intersection = union = 0
    for stamp in recorder.masked_stamps:
        number = numbers.get(playback.recorded_ns(stamp))
        truth = None if number is None else cv2.imread(
            str(clip / f'mask/{number:06d}.png'), cv2.IMREAD_GRAYSCALE)
        if truth is not None:
            estimate = recorder.mask(stamp)
            intersection += int(np.count_nonzero((estimate > 0) & (truth > 0)))
            union += int(np.count_nonzero((estimate > 0) | (truth > 0)))
    return intersection / union if union else None
