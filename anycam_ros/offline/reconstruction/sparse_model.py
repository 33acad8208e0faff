# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A sparse model of a recording: its key frames, points and observations."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.camera import in_size, Intrinsics, rays
from anycam_ros.geometry.se3 import Array, inverse
from anycam_ros.offline.global_refinement.key_frames import KeyFrames, LENGTH
from anycam_ros.offline.global_refinement.triangulation import triangulated
from anycam_ros.recordings.writers.colmap import SparseModel
from anycam_ros.refinement import Tracks

LARGEST_ERROR_PX = 1.5           # of the working image
FEWEST_IMAGES = 3                # in which a point is seen
SMALLEST_ANGLE_RAD = 0.06        # between two rays to a point; below, its depth is too uncertain


class _Seen(NamedTuple):
    """Hold the points and residuals of N tracks."""

    points: Array                        # (N, 3) in the world
    error_px: Array                      # (N, LENGTH) of the working image
    counts: NDArray[np.bool_]            # (N, LENGTH) whether it counts as an observation
    angle_rad: Array                     # (N,) the largest between two of its rays


def sparse_model(key_frames: KeyFrames, names: Sequence[str], T_odom_camera: Array,
                 intrinsics: Intrinsics) -> SparseModel:
    """Return the model for names and poses (poses, 4, 4) of all frames that have a pose.

    intrinsics are those of the raw image.
    """
    key_frames.finish()
    T_world_camera = T_odom_camera[key_frames.indices]
    camera = key_frames.camera
    scale = camera.scale_to(intrinsics.width)
    tracks, colours = _tracks(key_frames)
    seen = _seen(tracks, T_world_camera, intrinsics.fx / scale)
    good = (seen.counts.sum(axis=1) >= FEWEST_IMAGES) & (seen.angle_rad > SMALLEST_ANGLE_RAD)
    row, column = np.nonzero(seen.counts & good[:, None])
    number = np.cumsum(good) - 1
    image = tracks.first_frame[row] + column
    order = np.argsort(image, kind='stable')
    row, column = row[order], column[order]
    working, raw = ((size.width, size.height) for size in (camera.intrinsics, intrinsics))
    seen_px = in_size(camera.image_px(tracks.points_px[row, column]), working, raw) + 0.5 \
        if len(row) else np.empty((0, 2))
    error = np.where(seen.counts, seen.error_px, 0.0).sum(axis=1) \
        / np.maximum(seen.counts.sum(axis=1), 1)
    return SparseModel(
        intrinsics=intrinsics, names=[names[index] for index in key_frames.indices],
        T_world_camera=T_world_camera, points=seen.points[good], colours=colours[good],
        error_px=scale * error[good], image=image[order], point=number[row], seen_px=seen_px)


def _tracks(key_frames: KeyFrames) -> tuple[Tracks, NDArray[np.uint8]]:
    """Return the tracks that reach the next key frame at least, with their colours (N, 3)."""
    last = len(key_frames.indices) - 1
    chosen = [group.weight[:, 1] > 0 for group in key_frames.anchored]
    groups = list(zip(key_frames.anchored, chosen, strict=True))
    first = np.concatenate([np.full(rows.sum(), frame) for frame, rows in enumerate(chosen)])
    weight = np.concatenate([group.weight[rows] for group, rows in groups])
    weight[first[:, None] + np.arange(LENGTH) > last] = 0.0
    points_px = np.concatenate([group.points_px[rows] for group, rows in groups])
    colours = np.concatenate([group.colours[rows] for group, rows in groups])
    return Tracks(first, points_px, weight, np.ones(len(first))), colours


def _seen(tracks: Tracks, T_world_camera: Array, focal_px: float) -> _Seen:
    depth = 1.0 / triangulated(tracks, T_world_camera, focal_px)
    T = T_world_camera[tracks.first_frame]
    in_first = rays(tracks.points_px[:, 0], focal_px) * depth[:, None]
    points = np.einsum('nij,nj->ni', T[:, :3, :3], in_first) + T[:, :3, 3]
    frame = np.minimum(tracks.first_frame[:, None] + np.arange(LENGTH), len(T_world_camera) - 1)
    T_camera_world = inverse(T_world_camera)[frame]
    in_camera = np.einsum('nlij,nj->nli', T_camera_world[..., :3, :3], points) \
        + T_camera_world[..., :3, 3]
    z = in_camera[..., 2]
    projected_px = focal_px * in_camera[..., :2] / np.where(z > 0, z, 1.0)[..., None]
    error_px = np.linalg.norm(projected_px - tracks.points_px, axis=2)
    counts = (tracks.weight > 0) & (z > 0) & (error_px < LARGEST_ERROR_PX)
    towards = points[:, None] - T_world_camera[frame][..., :3, 3]
    towards /= np.linalg.norm(towards, axis=2, keepdims=True)
    cosine = np.where(counts, np.einsum('nlj,nj->nl', towards, towards[:, 0]), 1.0)
    return _Seen(points, error_px, counts, np.arccos(np.clip(cosine.min(axis=1), -1.0, 1.0)))
