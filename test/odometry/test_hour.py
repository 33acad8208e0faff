# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One hour at 30 Hz, as fast as the machine allows: no pose lost, cost and memory flat.

`make soak` runs the hour; ANYCAM_SOAK_MINUTES makes it another time. test_long_run.py watches
half a minute of the same in every test run.
"""

from collections import Counter
from collections.abc import Callable
import os
import sys
import time

from clips import Clip, render_clip, to_and_fro
import numpy as np
from numpy.typing import NDArray
import psutil
import pytest

from anycam_ros.flow.dis import DisFlow
from anycam_ros.odometry import TrackingState, VisualOdometry, warm_up
from anycam_ros.simulation.rendered_scene import hand_held

pytestmark = [pytest.mark.soak, pytest.mark.skipif(
    'ANYCAM_SOAK' not in os.environ, reason='an hour of frames; `make soak` runs it')]

MINUTES = int(os.environ.get('ANYCAM_SOAK_MINUTES', '60'))
FRAMES_PER_MINUTE = 30 * 60
FRAMES_PER_SAMPLE = 30
SAMPLES_PER_MINUTE = FRAMES_PER_MINUTE // FRAMES_PER_SAMPLE
MEGABYTE = 2**20


class Samples:
    """Hold, for each second of the recording, what it cost and the memory at its end."""

    def __init__(self, count: int) -> None:
        """Make room at once: arrays that grow would be memory that grows."""
        self.count = 0
        self.cost_s, self.yardstick_s, self.resident_mb = np.zeros((3, count))

    def add(self, cost_s: float, yardstick_s: float) -> None:
        resident_bytes = psutil.Process().memory_info().rss
        row = cost_s, yardstick_s, resident_bytes / MEGABYTE
        self.cost_s[self.count], self.yardstick_s[self.count], self.resident_mb[self.count] = row
        self.count += 1

    def minute(self, index: int) -> tuple[float, float, float]:
        """Return cost per frame, the same in yardsticks, and memory, MB; medians of a minute."""
        part = slice(index * SAMPLES_PER_MINUTE, (index + 1) * SAMPLES_PER_MINUTE)
        cost_s = self.cost_s[part] / FRAMES_PER_SAMPLE
        return (float(np.median(cost_s)), float(np.median(cost_s / self.yardstick_s[part])),
                float(np.median(self.resident_mb[part])))


@pytest.fixture(scope='module')
def hour() -> tuple[Counter[TrackingState | None], Samples]:
    clip = render_clip(hand_held, 360)
    warm_up()
    odometry = VisualOdometry()
    yardstick = fixed_work(clip)
    samples = Samples(MINUTES * SAMPLES_PER_MINUTE)
    statuses: Counter[TrackingState | None] = Counter()
    started_s = time.process_time()
    for index, frame in enumerate(to_and_fro(clip, MINUTES * FRAMES_PER_MINUTE)):
        estimate = odometry.process(frame)
        statuses[estimate and estimate.status] += 1
        if index % FRAMES_PER_SAMPLE == FRAMES_PER_SAMPLE - 1:
            ended_s = time.process_time()
            yardstick()
            samples.add(ended_s - started_s, time.process_time() - ended_s)
            started_s = time.process_time()
        if index % FRAMES_PER_MINUTE == FRAMES_PER_MINUTE - 1:
            report(index // FRAMES_PER_MINUTE, samples, statuses)
    return statuses, samples


def fixed_work(clip: Clip) -> Callable[[], NDArray[np.float32]]:
    """Return work that is always the same: what it costs tells how fast the machine is now."""
    flow = DisFlow()
    first, second = (clip.rendered[index].image_rgb[..., 1].copy() for index in (0, 1))
    return lambda: flow(first, second)


def report(minute: int, samples: Samples, statuses: Counter[TrackingState | None]) -> None:
    cost_s, in_yardsticks, resident_mb = samples.minute(minute)
    counts = ', '.join(f'{count} {status.name}' for status, count in statuses.items()
                       if status is not None)
    sys.stdout.write(f'minute {minute + 1}: {1e3 * cost_s:.2f} ms a frame, {in_yardsticks:.2f} '
                     f'times the flow, {resident_mb:.1f} MB; {counts}\n')
    sys.stdout.flush()


def test_no_pose_is_lost(hour: tuple[Counter[TrackingState | None], Samples]) -> None:
    statuses, _ = hour
    assert statuses[None] == 1          # the first frame
    assert statuses[TrackingState.LOST] == 0
    assert statuses[TrackingState.TRACKING] > 0.99 * sum(statuses.values())


def test_memory_stays_flat(hour: tuple[Counter[TrackingState | None], Samples]) -> None:
    _, samples = hour
    _, _, early_mb = samples.minute(1)
    _, _, late_mb = samples.minute(MINUTES - 1)
    assert late_mb - early_mb < 20


def test_cost_stays_the_same(hour: tuple[Counter[TrackingState | None], Samples]) -> None:
    """In yardsticks, so that it holds where others use the machine, too."""
    _, samples = hour
    _, early, _ = samples.minute(1)
    _, late, _ = samples.minute(MINUTES - 1)
    assert abs(late / early - 1) < 0.1
