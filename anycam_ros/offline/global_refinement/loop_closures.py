# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loop closures: key frames that see points of a much earlier key frame again."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric import (
    Keyframe,
    LoopClosureOptions,
    median_flow,
    register_keyframe,
)
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.refinement import RefinementResult, Tracks

MINIMUM_POINTS = 60
DEPTH_STD = 0.2                  # relative, at most
MAXIMUM_FLOW = 0.2               # median, of the longer side of the image
MINIMUM_SHARE = 0.6              # of the points that must be in the image again
MOST_PER_KEY_FRAME = 6
PROBES = 40                      # points that decide whether registration is tried


class LoopClosure(NamedTuple):
    """Hold where a key frame sees tracks that ended long before."""

    key_frame: int
    tracks: NDArray[np.int64]    # (N,) rows
    points_px: Array             # (N, 2) undistorted
    weight: Array                # (N,)


def find_loop_closures(tracks: Tracks, refined: RefinementResult, images: Sequence[Image],
                       camera: ProcessingCamera, gap: int) -> Iterator[list[LoopClosure]]:
    """Yield, for each key frame, its loop closures with key frames at least `gap` before it."""
    candidates = list(_candidates(tracks, refined, images))
    T_camera_world = inverse(refined.T_world_camera)
    for key_frame, image in enumerate(images):
        T = T_camera_world[key_frame]
        near = [
            (rows, earlier) for rows, earlier in candidates[:max(key_frame - gap + 1, 0)]
            if len(rows) and median_flow(
                _some(earlier), T, refined.focal_px, image.shape, MINIMUM_SHARE) < MAXIMUM_FLOW]
        found = []
        for choice in np.unique(np.linspace(0, len(near) - 1, MOST_PER_KEY_FRAME).round()) \
                if near else ():
            rows, earlier = near[int(choice)]
            seen = register_keyframe(earlier, image, T, refined.focal_px, camera,
                                     LoopClosureOptions())
            if seen is not None:
                chosen = seen.is_inlier
                found.append(LoopClosure(key_frame, rows[chosen],
                                         camera.undistorted_px(seen.matches.target_px[chosen]),
                                         seen.matches.weight[chosen]))
        yield found


def _candidates(tracks: Tracks, refined: RefinementResult,
                images: Sequence[Image]) -> Iterator[tuple[NDArray[np.int64], Keyframe]]:
    """Yield each key frame with the rows of its own tracks that have a known depth."""
    certainty = refined.inverse_depth_information * refined.inverse_depth ** 2
    is_known = certainty > 1.0 / DEPTH_STD ** 2
    for key_frame, image in enumerate(images):
        rows = np.flatnonzero((tracks.first_frame == key_frame) & is_known)
        rows = rows if len(rows) >= MINIMUM_POINTS else rows[:0]
        yield rows, Keyframe(image, inverse(refined.T_world_camera[key_frame]),
                             tracks.points_px[rows, 0], refined.inverse_depth[rows],
                             refined.inverse_depth_information[rows])


def _some(keyframe: Keyframe) -> Keyframe:
    """Return the key frame with about PROBES of its points."""
    step = slice(None, None, -(-len(keyframe.points_px) // PROBES))
    return keyframe._replace(points_px=keyframe.points_px[step],
                             inverse_depth=keyframe.inverse_depth[step],
                             information=keyframe.information[step])
