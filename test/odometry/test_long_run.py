# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A thousand frames, to and fro: rotations stay rotations, cost and memory stay flat."""

import time
import tracemalloc

from clips import Clip, process_smaller_images, to_and_fro
import numpy as np
import pytest
from trajectory_scores import score_poses

from anycam_ros.evaluation.clip_score import POSITIONED
from anycam_ros.odometry import TrackingState, VisualOdometry

pytestmark = pytest.mark.slow

FRAMES, TURNING_POINT = 1000, 60
PERIOD = 2 * TURNING_POINT
EARLY, LATE = slice(PERIOD, 3 * PERIOD), slice(FRAMES - 2 * PERIOD, FRAMES)


class LongRun:
    """Hold what a long run did, frame by frame."""

    def __init__(self, clip: Clip) -> None:
        """Play a clip to and fro."""
        odometry = VisualOdometry()
        self.statuses: list[TrackingState] = []
        self.poses: list[np.ndarray] = []      # not the estimates: their pictures fill the memory
        self.cpu_s, self.memory_mb = np.zeros(FRAMES), np.zeros(FRAMES)
        for index, frame in enumerate(to_and_fro(clip, FRAMES)):
            started_s = time.thread_time()
            estimate = odometry.process(frame)
            self.cpu_s[index] = time.thread_time() - started_s
            self.memory_mb[index] = tracemalloc.get_traced_memory()[0] / 1e6
            if estimate is not None:
                self.statuses.append(estimate.status)
                self.poses.append(estimate.T_odom_camera)


@pytest.fixture(scope='module')
def long_run(walk: Clip) -> LongRun:
    with pytest.MonkeyPatch.context() as patch:
        # A quarter of the working image makes the thousand frames four times as quick.
        process_smaller_images(patch, 224 * 168)
        tracemalloc.start()
        result = LongRun(Clip(walk.rendered[:TURNING_POINT + 1], walk.intrinsics))
        tracemalloc.stop()
        return result


def test_tracking_holds(long_run: LongRun) -> None:
    statuses = long_run.statuses
    assert len(statuses) == FRAMES - 1
    assert TrackingState.LOST not in statuses
    assert statuses.count(TrackingState.TRACKING) > 0.97 * len(statuses)


def test_rotation_stays_a_rotation(long_run: LongRun) -> None:
    R = np.array(long_run.poses)[:, :3, :3]
    assert np.abs(R @ R.swapaxes(1, 2) - np.eye(3)).max() < 1e-9


def test_every_return_leads_near_the_start(long_run: LongRun) -> None:
    found = np.array(long_run.poses)[:, :3, 3]
    far = np.linalg.norm(found[TURNING_POINT] - found[0])
    assert np.linalg.norm(found[PERIOD - 1::PERIOD] - found[0], axis=1).max() < 0.6 * far


def test_neither_scale_nor_turns_run_away(long_run: LongRun, walk: Clip) -> None:
    phase = np.arange(1, FRAMES) % PERIOD
    T_true = walk.true_poses[np.minimum(phase, PERIOD - phase)]
    positioned = np.isin(long_run.statuses, POSITIONED)
    score = score_poses(np.array(long_run.poses), T_true, positioned)
    assert score.path_ratio == pytest.approx(1, abs=0.3)
    assert score.scale_drift < 0.4
    assert score.turn_p95_deg < 3.0


def test_no_frame_costs_more_than_at_first(long_run: LongRun) -> None:
    assert np.median(long_run.cpu_s[LATE]) < 1.3 * np.median(long_run.cpu_s[EARLY])


def test_memory_does_not_grow(long_run: LongRun) -> None:
    """A working image kept per key frame would add 5 MB, one per frame 30 MB."""
    early, late = (np.median(long_run.memory_mb[part]) for part in (EARLY, LATE))
    assert late - early < 1
