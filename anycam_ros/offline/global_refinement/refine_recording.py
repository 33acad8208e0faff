# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundle adjustment of all key frames of a recording at once, with loop closures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np

from anycam_ros.frontend.geometric import FocalFit, FocalState
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
MINIMUM_DISTANCE = 0.02          # scene depths; a stationary camera has nothing to refine
DELTA_PX = 1.0
ITERATIONS = 60
LARGEST_TABLE = 5_000_000        # tracks times key frames while loop closures are sought; 0.5 GB
MOST_KEY_FRAMES = 400            # with loop closures; more would leave each too few tracks
PRIOR_INFORMATION = 1.0 / 0.15 ** 2    # of log focal, in the unit of the pixel errors

Step = TypeVar('Step')
Progress = Callable[[Iterable[Step], int], Iterable[Step]]


@dataclass(frozen=True, eq=False)
class RefinedRecording:
    """Hold all poses (F, 4, 4) and the focal length of the working image."""

    T_world_camera: Array
    focal: FocalState
    key_frames: int
    loop_closures: int
    without_loop_closures: bool    # because there were too many key frames to look for them


def refine_recording(key_frames: KeyFrames, focal: FocalState,
                     progress: Progress[object]) -> RefinedRecording | None:
    """Return the poses and the focal length after a bundle adjustment of the whole recording.

    None where the tracks do not determine the motion. Where key frames share no point with those
    before, the parts are refined one by one and keep their relative motion.
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
    known = focal.copy()
    if not focal.is_given:
        known = FocalState(result.focal_px, options=focal.options)
        known.learn(_shown(result).evidence(focal.options.error))
    for part in parts:
        if part is not longest:
            part.refine(replace(known, is_given=True), progress)
    T_key, offset = [], np.eye(4)
    for part in parts:
        T_key.append(offset @ part.T_refined)
        offset = T_key[-1][-1] @ inverse(part.T_world_camera[-1])
    return RefinedRecording(
        propagate_key_frames(T, indices, np.concatenate(T_key)), known, len(indices),
        sum(part.loop_closures for part in parts), any(part.is_large for part in parts))


def _shown(result: RefinementResult) -> FocalFit:
    """Return the focal length that a recording shows; the prior stands where it was found.

    What errs alike all over the image does so in each window of the recording in another way.
    """
    seen = np.isfinite(result.residual_px)
    observations = seen.sum() - seen.any(axis=1).sum()
    windows = max(len(result.T_world_camera) / LENGTH, 1.0)
    return FocalFit(result.focal_px, result.information.log_focal - PRIOR_INFORMATION,
                    result.focal_px, PRIOR_INFORMATION, result.noise_px,
                    round(observations / windows))


class _Part:
    """Refine key frames that tracks connect."""

    def __init__(self, key_frames: KeyFrames, start: int, stop: int,
                 T_world_camera: Array) -> None:
        self._key_frames, self._start, self._stop = key_frames, start, stop
        self.T_world_camera = self.T_refined = T_world_camera
        self.loop_closures = 0

    @property
    def is_large(self) -> bool:
        """Return whether there are too many key frames to look for loop closures."""
        return len(self.T_world_camera) > MOST_KEY_FRAMES

    def refine(self, focal: FocalState, progress: Progress[object]) -> RefinementResult | None:
        """Refine the key frames; None where the tracks do not determine the motion."""
        count = len(self.T_world_camera)
        if count < MINIMUM_KEY_FRAMES:
            return None
        config = RefinementConfig(kernel='cauchy', delta_px=DELTA_PX,
                                  estimate_focal=not focal.is_given,
                                  maximum_iterations=ITERATIONS)
        priors = Priors(focal_px=focal.focal_px,
                        log_focal_information=PRIOR_INFORMATION)
        tracks = self._tracks(focal.focal_px, min(LENGTH, count))
        distance = np.linalg.norm(np.ptp(self.T_world_camera[:, :3, 3], axis=0))
        if not len(tracks) or distance * np.median(tracks.inverse_depth) < MINIMUM_DISTANCE:
            return None
        result = refine(tracks, self.T_world_camera, focal.focal_px, config, priors)
        if result.not_observable:
            return None
        if not self.is_large and count > LENGTH:
            tracks = self._with_loop_closures(
                replace(tracks, inverse_depth=result.inverse_depth), result, progress)
            if self.loop_closures:
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

    def _with_loop_closures(self, tracks: Tracks, result: RefinementResult,
                            progress: Progress[object]) -> Tracks:
        """Return the tracks with the observations that loop closures add."""
        count = len(self.T_world_camera)
        points = np.zeros((len(tracks), count, 2))
        weight = np.zeros((len(tracks), count))
        length = tracks.weight.shape[1]
        points[:, :length], weight[:, :length] = tracks.points_px, tracks.weight
        images = self._key_frames.images[self._start:self._stop]
        found = find_loop_closures(tracks, result, images, self._key_frames.camera, length)
        for closures in progress(found, count):
            assert isinstance(closures, list)
            for closure in closures:
                column = closure.key_frame - tracks.first_frame[closure.tracks]
                points[closure.tracks, column] = closure.points_px
                weight[closure.tracks, column] = closure.weight
                self.loop_closures += 1
        return replace(tracks, points_px=points, weight=weight)
