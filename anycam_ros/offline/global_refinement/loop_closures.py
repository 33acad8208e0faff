# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Key frames that show again what a key frame long before showed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.flow.dense_flow import Image
from anycam_ros.frontend.geometric.mapping.keyframe_database import Keyframe, median_flow
from anycam_ros.frontend.geometric.tracking.loop_closure import (
    LoopClosureOptions,
    register_keyframe,
)
from anycam_ros.geometry.camera import ProcessingCamera
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.refinement import RefinementResult, Tracks

MINIMUM_POINTS = 60
DEPTH_STD = 0.2            # relative, at most
RETURN_FLOW = 0.2                # of the longer side
RETURN_SHARE = 0.6               # of the points that must be in the picture again
RETURNS_PER_KEY_FRAME = 6
PROBES = 40


class Return(NamedTuple):
    """Hold where a key frame shows tracks that ended long before."""

    key_frame: int
    tracks: NDArray[np.int64]    # (N,) rows
    points_px: Array             # (N, 2) undistorted
    weight: Array                # (N,)


def find_loop_closures(tracks: Tracks, refined: RefinementResult, images: Sequence[Image],
                       camera: ProcessingCamera, gap: int) -> Iterator[list[Return]]:
    """Yield what each key frame shows of key frames at least `gap` before it."""
    views = list(_views(tracks, refined, images))
    T_camera_world = inverse(refined.T_world_camera)
    for key_frame, image in enumerate(images):
        T = T_camera_world[key_frame]
        near = [(rows, view) for rows, view in views[:max(key_frame - gap + 1, 0)]
                if len(rows) and median_flow(
                    _some(view), T, refined.focal_px, image.shape, RETURN_SHARE) < RETURN_FLOW]
        found = []
        for choice in np.unique(np.linspace(0, len(near) - 1, RETURNS_PER_KEY_FRAME).round()) \
                if near else ():
            rows, view = near[int(choice)]
            seen = register_keyframe(view, image, T, refined.focal_px, camera,
                                     LoopClosureOptions())
            if seen is not None:
                chosen = seen.is_inlier
                found.append(Return(key_frame, rows[chosen],
                                    camera.undistorted_px(seen.matches.target_px[chosen]),
                                    seen.matches.weight[chosen]))
        yield found


def _views(tracks: Tracks, refined: RefinementResult,
           images: Sequence[Image]) -> Iterator[tuple[NDArray[np.int64], Keyframe]]:
    """Yield the rows of the tracks that start in each key frame with known depth, and its view."""
    certainty = refined.inverse_depth_information * refined.inverse_depth ** 2
    is_known = certainty > 1.0 / DEPTH_STD ** 2
    for key_frame, image in enumerate(images):
        rows = np.flatnonzero((tracks.first_frame == key_frame) & is_known)
        rows = rows if len(rows) >= MINIMUM_POINTS else rows[:0]
        yield rows, Keyframe(image, inverse(refined.T_world_camera[key_frame]),
                             tracks.points_px[rows, 0], refined.inverse_depth[rows],
                             refined.inverse_depth_information[rows])


def _some(view: Keyframe) -> Keyframe:
    step = slice(None, None, -(-len(view.points_px) // PROBES))
    return view._replace(points_px=view.points_px[step], inverse_depth=view.inverse_depth[step],
                         information=view.information[step])
