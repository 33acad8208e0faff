# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The front end says what it does, in what mode, and how long each stage takes."""

from clips import Clip
import numpy as np

from anycam_ros.frontend.geometric.front_end import GeometricFrontEnd
from anycam_ros.frontend.geometric.load import load_geometric
from anycam_ros.frontend.geometric.mode import Mode
from anycam_ros.frontend.motion_estimate import MotionEstimate, TrackingState
from anycam_ros.frontend.working_image import WorkingImage
from anycam_ros.odometry import OdometryConfig

GIVE_UP_S = 0.7
PERIOD_S = 1 / 30


def front_end_for(clip: Clip) -> GeometricFrontEnd:
    front_end = load_geometric(OdometryConfig())(clip.intrinsics, False)
    assert isinstance(front_end, GeometricFrontEnd)
    return front_end


def process(front_end: GeometricFrontEnd, image_rgb: np.ndarray, stamp_s: float) -> MotionEstimate:
    return front_end.process(WorkingImage(image_rgb, front_end.camera.intrinsics),
                             stamp_s).complete()


def until_tracking(front_end: GeometricFrontEnd, clip: Clip) -> int:
    """Return the index of the first frame that is tracked."""
    for index, frame in enumerate(clip.frames):
        if process(front_end, frame.image_rgb, frame.stamp_s).status == TrackingState.TRACKING:
            return index
    raise AssertionError('the clip is never tracked')


def test_mode_follows_what_is_seen(walk: Clip) -> None:
    front_end = front_end_for(walk)
    assert front_end.mode is Mode.INITIALIZING
    newest = until_tracking(front_end, walk)
    assert front_end.mode is Mode.TRACKING
    black = np.zeros_like(walk.frames[0].image_rgb)
    assert process(front_end, black, walk.frames[newest + 1].stamp_s).status == TrackingState.LOST
    assert front_end.mode is Mode.LOST
    frame = walk.frames[newest + 2]
    assert process(front_end, frame.image_rgb, frame.stamp_s).status != TrackingState.LOST
    assert front_end.mode is Mode.TRACKING


def test_map_that_fits_no_image_is_given_up_after_a_while(walk: Clip) -> None:
    front_end = front_end_for(walk)
    stamp_s = walk.frames[until_tracking(front_end, walk)].stamp_s
    assert len(front_end.map_points()) > 0
    other = np.random.default_rng(0).integers(0, 256, walk.frames[0].image_rgb.shape)
    modes = []
    for step in range(1, round(GIVE_UP_S / PERIOD_S) + 3):
        process(front_end, other.astype(np.uint8), stamp_s + step * PERIOD_S)
        modes.append(front_end.mode)
    assert modes[0] is Mode.LOST
    assert modes[-1] is Mode.INITIALIZING
    assert len(front_end.map_points()) == 0
    assert len(front_end.refined_trajectory()) > 0


def test_stages_are_measured(walk: Clip) -> None:
    front_end = front_end_for(walk)
    timings_ms = [process(front_end, frame.image_rgb, frame.stamp_s).timings_ms
                  for frame in walk.frames[:20]]
    assert {tuple(timings) for timings in timings_ms} == {
        ('match', 'motion', 'uncertainty', 'refine')}
    for stage in ('match', 'motion', 'uncertainty'):
        assert min(timings[stage] for timings in timings_ms[1:]) > 0.05
    # Only the frame that starts the map, or a key frame, is refined.
    assert max(timings['refine'] for timings in timings_ms) > 1.0
    black = np.zeros_like(walk.frames[0].image_rgb)
    refused = process(front_end, black, walk.frames[-1].stamp_s).timings_ms
    assert refused['motion'] > 0.0
    assert refused['match'] == refused['uncertainty'] == refused['refine'] == 0.0
