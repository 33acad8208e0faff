# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All key frames of a recording adjusted at once, with returns to earlier places."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np

from anycam_ros.frontend.geometric.focal import FocalState, NEW_SHARE, PRIOR_INFORMATION
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.offline.global_refinement.key_frames import KeyFrames, LENGTH
from anycam_ros.offline.global_refinement.loop_closures import find_loop_closures
from anycam_ros.offline.global_refinement.triangulation import triangulated
from anycam_ros.refinement import (
    Priors,
    propagate_key_frames,
    refine,
    RefinementConfig,
    RefinementResult,
    Tracks,
)

MINIMUM_KEY_FRAMES = 4
MINIMUM_DISTANCE = 0.02          # scene depths; a camera that stands has nothing to refine
DELTA_PX = 1.0
ITERATIONS = 60
LARGEST_TABLE = 5_000_000        # tracks times key frames while returns are sought; 0.5 GB
MOST_KEY_FRAMES = 400            # with returns; more would leave each too few tracks
# The windows of the live odometry tell each of their parts about eight times.
TOLD_ONCE = LENGTH * NEW_SHARE

Step = TypeVar('Step')
Progress = Callable[[Iterable[Step], int], Iterable[Step]]


@dataclass(frozen=True, eq=False)
class RefinedRecording:
    """Hold all poses (F, 4, 4) and the focal length of the working image."""

    T_world_camera: Array
    focal: FocalState
    key_frames: int
    returns: int
    without_returns: bool    # because there were too many key frames to look for them


def refine_recording(key_frames: KeyFrames, focal: FocalState,
                     progress: Progress[object]) -> RefinedRecording | None:
    """Return the poses and the focal length after a bundle adjustment of the whole recording.

    None where the tracks do not show the motion. Where key frames have nothing in common with
    those before, the parts are adjusted one by one and keep their motion against each other.
    """
    key_frames.finish()
    indices = np.array(key_frames.indices, np.int64)
    T = np.array(key_frames.T_world_camera)
    parts = [_Part(key_frames, start, stop, T[indices[start:stop]])
             for start, stop in pairwise([0, *key_frames.breaks, len(indices)])]
    longest = max(parts, key=lambda part: len(part.T_world_camera))
    result = longest.refine(focal, progress)
    if result is None:
        return None
    known = replace(focal)
    if not focal.is_given:
        information = max(result.information.log_focal - PRIOR_INFORMATION, 0.0)
        known.prior_information = PRIOR_INFORMATION
        known.update(result.focal_px, information, TOLD_ONCE)
    for part in parts:
        if part is not longest:
            part.refine(replace(known, is_given=True), progress)
    T_key, offset = [], np.eye(4)
    for part in parts:
        T_key.append(offset @ part.T_refined)
        offset = T_key[-1][-1] @ inverse(part.T_world_camera[-1])
    return RefinedRecording(
        propagate_key_frames(T, indices, np.concatenate(T_key)), known, len(indices),
        sum(part.returns for part in parts), any(part.is_large for part in parts))


class _Part:
    """Hold key frames that tracks tie together."""

    def __init__(self, key_frames: KeyFrames, start: int, stop: int,
                 T_world_camera: Array) -> None:
        self._key_frames, self._start, self._stop = key_frames, start, stop
        self.T_world_camera = self.T_refined = T_world_camera
        self.returns = 0

    @property
    def is_large(self) -> bool:
        """Return whether there are too many key frames to look for returns."""
        return len(self.T_world_camera) > MOST_KEY_FRAMES

    def refine(self, focal: FocalState, progress: Progress[object]) -> RefinementResult | None:
        """Adjust the key frames; None where they do not show the motion."""
        count = len(self.T_world_camera)
        if count < MINIMUM_KEY_FRAMES:
            return None
        config = RefinementConfig(kernel='cauchy', delta_px=DELTA_PX,
                                  estimate_focal=not focal.is_given,
                                  maximum_iterations=ITERATIONS)
        priors = Priors(focal_px=focal.focal_px, log_focal_information=PRIOR_INFORMATION)
        tracks = self._tracks(focal.focal_px, min(LENGTH, count))
        distance = np.linalg.norm(np.ptp(self.T_world_camera[:, :3, 3], axis=0))
        if not len(tracks) or distance * np.median(tracks.inverse_depth) < MINIMUM_DISTANCE:
            return None
        result = refine(tracks, self.T_world_camera, focal.focal_px, config, priors)
        if result.not_observable:
            return None
        if not self.is_large and count > LENGTH:
            tracks = self._with_returns(replace(tracks, inverse_depth=result.inverse_depth),
                                        result, progress)
            if self.returns:
                again = refine(tracks, result.T_world_camera, result.focal_px, config, priors)
                result = result if again.not_observable else again
        self.T_refined = np.asarray(result.T_world_camera)
        return result

    def _tracks(self, focal_px: float, length: int) -> Tracks:
        """Return the tracks, with inverse depths by the poses that they start from."""
        anchored = self._key_frames.anchored[self._start:self._stop]
        most = LARGEST_TABLE // len(anchored) ** 2
        first, points, weight = [], [], []
        for frame, group in enumerate(anchored[:-1]):
            rows = np.flatnonzero(group.weight[:, 1] > 0)
            if not self.is_large:
                rows = rows[::-(-len(rows) // most) or 1]
            first.append(np.full(len(rows), frame))
            points.append(group.points_px[rows, :length])
            weight.append(group.weight[rows, :length])
        tracks = Tracks(np.concatenate(first), np.concatenate(points), np.concatenate(weight),
                        np.ones(sum(map(len, first))))
        return replace(tracks, inverse_depth=triangulated(tracks, self.T_world_camera, focal_px))

    def _with_returns(self, tracks: Tracks, result: RefinementResult,
                      progress: Progress[object]) -> Tracks:
        """Return the tracks with what later key frames show of them again."""
        count = len(self.T_world_camera)
        points = np.zeros((len(tracks), count, 2))
        weight = np.zeros((len(tracks), count))
        length = tracks.weight.shape[1]
        points[:, :length], weight[:, :length] = tracks.points_px, tracks.weight
        images = self._key_frames.images[self._start:self._stop]
        found = find_loop_closures(tracks, result, images, self._key_frames.camera, length)
        for returns in progress(found, count):
            assert isinstance(returns, list)
            for seen in returns:
                column = seen.key_frame - tracks.first_frame[seen.tracks]
                points[seen.tracks, column] = seen.points_px
                weight[seen.tracks, column] = seen.weight
                self.returns += 1
        return replace(tracks, points_px=points, weight=weight)
