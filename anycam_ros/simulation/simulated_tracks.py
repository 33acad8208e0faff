# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated windows of tracks with known truth, for tests and benchmarks."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anycam_ros.geometry.se3 import Array, so3_exp
from anycam_ros.refinement.tracks import Tracks


class SimulatedWindow(NamedTuple):
    """Hold noisy tracks and the truth behind them."""

    tracks: Tracks              # inverse depths are the true ones
    T_world_camera: Array       # (F, 4, 4) truth
    focal_px: float             # truth
    is_outlier: NDArray[np.bool_]    # (N, L)


@dataclass(frozen=True)
class Scene:
    """Describe a camera that moves through points, and how they are observed."""

    frames: int = 8
    tracks_per_frame: int = 256
    length: int = 8
    focal_px: float = 380.0
    k1: float = 0.0
    half_width_px: float = 224.0
    half_height_px: float = 168.0
    step_m: float = 0.15              # per key frame
    turn_rad: float = 0.04            # per key frame
    unsteadiness: float = 0.15        # of the direction of travel and of turning
    is_straight: bool = False         # drives ahead without a turn, as on a motorway
    nearest_m: float = 2.0
    farthest_m: float = 12.0
    noise_px: float = 0.3
    outlier_share: float = 0.15       # of the observations, off by 3 to 40 px
    moving_share: float = 0.0         # of the tracks, each on an object of its own


def simulate(scene: Scene, seed: int) -> SimulatedWindow:
    """Return a window; tracks start in every frame but the last and end where they leave."""
    random = np.random.default_rng(seed)
    T = _path(scene, random)
    first = np.repeat(np.arange(scene.frames - 1), scene.tracks_per_frame)
    count = len(first)
    anchor = random.uniform(-0.95, 0.95, (count, 2)) \
        * np.array([scene.half_width_px, scene.half_height_px])
    depth = 1.0 / random.uniform(1 / scene.farthest_m, 1 / scene.nearest_m, count)
    velocity = random.normal(0, 0.02, (count, 3)) * depth[:, None]
    velocity[random.uniform(size=count) >= scene.moving_share] = 0.0
    points, weight = _follow(scene, T, first, anchor, depth, velocity)
    points[:, 1:] += random.normal(0, scene.noise_px, points[:, 1:].shape)
    is_outlier = (random.uniform(size=weight.shape) < scene.outlier_share) & (weight > 0)
    is_outlier[:, 0] = False
    angle = random.uniform(0, 2 * np.pi, weight.shape)
    offset = random.uniform(3, 40, weight.shape)
    points += np.where(is_outlier, offset, 0.0)[..., None] \
        * np.stack([np.cos(angle), np.sin(angle)], axis=2)
    return SimulatedWindow(Tracks(first, points, weight, 1.0 / depth), T, scene.focal_px,
                           is_outlier)


def _follow(scene: Scene, T_world_camera: Array, first: NDArray[np.int64], anchor: Array,
            depth: Array, velocity: Array) -> tuple[Array, Array]:
    """Return where points are seen (N, L, 2), NaN where they are not, and their weights."""
    ray = np.column_stack([_undistorted(anchor / scene.focal_px, scene.k1), np.ones(len(first))])
    T = T_world_camera[first]
    world = np.einsum('nij,nj->ni', T[:, :3, :3], ray * depth[:, None]) + T[:, :3, 3]
    points = np.full((len(first), scene.length, 2), np.nan)
    weight = np.zeros((len(first), scene.length))
    points[:, 0], weight[:, 0] = anchor, 1.0
    half = np.array([scene.half_width_px, scene.half_height_px])
    for j in range(1, scene.length):
        rows = np.flatnonzero(first + j < scene.frames)
        T = T_world_camera[first[rows] + j]
        moved = world[rows] + j * velocity[rows]
        local = np.einsum('nji,nj->ni', T[:, :3, :3], moved - T[:, :3, 3])
        u = local[:, :2] / np.maximum(local[:, 2:], 1e-3)
        p = scene.focal_px * u * (1 + scene.k1 * (u ** 2).sum(axis=1, keepdims=True))
        seen = (local[:, 2] > 0.1) & (np.abs(p) < half).all(axis=1) & (weight[rows, j - 1] > 0)
        points[rows[seen], j] = p[seen]
        weight[rows[seen], j] = 1.0
    return points, weight


def cold_start(window: SimulatedWindow, seed: int, *, focal_error: float = 0.2,
               depth_error: float = 0.3, translation_error: float = 0.1,
               rotation_error_rad: float = 0.005) -> tuple[Tracks, Array, float]:
    """Return tracks, poses and focal length that are off by the given relative errors.

    Depths are off at random; pose errors grow along the chain of frames.
    """
    random = np.random.default_rng(seed + 10_000)
    count, frames = len(window.tracks), len(window.T_world_camera)
    depth = window.tracks.inverse_depth * np.exp(random.normal(0, depth_error, count))
    T = window.T_world_camera
    out = np.empty_like(T)
    out[0] = T[0]
    for i in range(1, frames):
        step = np.linalg.inv(T[i - 1]) @ T[i]
        length = np.linalg.norm(step[:3, 3])
        step[:3, 3] += random.normal(0, translation_error * length / np.sqrt(3), 3)
        step[:3, :3] = step[:3, :3] @ so3_exp(
            random.normal(0, rotation_error_rad / np.sqrt(3), 3))
        out[i] = out[i - 1] @ step
    sign = 1.0 if random.uniform() < 0.5 else -1.0
    return replace(window.tracks, inverse_depth=depth), out, \
        window.focal_px * (1 + sign * focal_error)


def _path(scene: Scene, random: np.random.Generator) -> Array:
    """Return a smooth path (F, 4, 4) in a random direction with a random turn, or straight."""
    if scene.is_straight:
        T = np.tile(np.eye(4), (scene.frames, 1, 1))
        T[:, 2, 3] = scene.step_m * np.arange(scene.frames)
        return T
    direction = random.normal(size=3)
    direction /= np.linalg.norm(direction)
    bend = random.normal(0, 0.3, 3)
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    T = np.tile(np.eye(4), (scene.frames, 1, 1))
    for i in range(1, scene.frames):
        wobble = random.normal(0, 1.3 * scene.unsteadiness, 3)
        turn = so3_exp(scene.turn_rad * (axis + wobble))
        T[i, :3, :3] = T[i - 1, :3, :3] @ turn
        heading = direction + bend * i / scene.frames + random.normal(0, scene.unsteadiness, 3)
        T[i, :3, 3] = T[i - 1, :3, 3] + scene.step_m * heading
    return T


def _undistorted(distorted: Array, k1: float) -> Array:
    out: Array = distorted.copy()
    for _ in range(20):
        out = distorted / (1 + k1 * (out ** 2).sum(axis=1, keepdims=True))
    return out

