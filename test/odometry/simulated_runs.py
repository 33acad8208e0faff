# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Short runs through rendered rooms, all different, and how far the odometry is off in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math
from typing import NamedTuple

from clips import run
import numpy as np

from anycam_ros.geometry.se3 import Array, inverse, so3_log, T_BODY_OPTICAL
from anycam_ros.odometry import (
    Frame,
    OdometryConfig,
    OdometryEstimate,
    TrackingState,
    VisualOdometry,
)
from anycam_ros.simulation.rendered_scene import camera_pose, RenderedScene

WIDTH, HEIGHT = 448, 336
RATES_HZ = (10.0, 15.0, 20.0, 30.0)
DEPTH_SCALE_ERROR = 0.01         # common to all pixels of a run
DEPTH_NOISE = 0.003              # of the inverse depth, 1/m


@dataclass(frozen=True, eq=False)
class SimulatedRun:
    """Hold what a camera saw, where it was, and how the odometry is to take it."""

    frames: list[Frame]
    T_world_camera: list[Array]
    config: OdometryConfig

    @property
    def is_metric(self) -> bool:
        return self.config.depth != 'none'


class Step(NamedTuple):
    """Hold a published motion from one frame to the next, its covariance, and the true motion."""

    T_before_now: Array
    covariance: Array
    T_true: Array

    def error(self, units_per_metre: float) -> Array:
        """Return the error (linear, angular) in the axes of the camera, in the map's unit."""
        R = self.T_true[:3, :3]
        far = self.T_before_now[:3, 3] - units_per_metre * self.T_true[:3, 3]
        return np.concatenate([R.T @ far, so3_log(R.T @ self.T_before_now[:3, :3])])


def simulated_run(index: int, count: int) -> SimulatedRun:
    """Return one of any number of runs; every third has depth, every second a known lens."""
    rng = np.random.default_rng(index)
    scene = RenderedScene(
        WIDTH, HEIGHT, WIDTH * rng.uniform(0.7, 1.05), path=_path(rng),
        rate_hz=float(rng.choice(RATES_HZ)), moving=bool(rng.random() < 0.5),
        noise=rng.uniform(0.5, 5.0), seed=index)
    config = OdometryConfig(intrinsics='given' if index % 2 else 'estimate',
                            depth='none' if index % 3 else 'topic')
    depth_scale = 1.0 + DEPTH_SCALE_ERROR * rng.standard_normal()
    frames, poses = [], []
    for i in range(count):
        rendered = scene.frame(i)
        inverse_depth = 1.0 / rendered.depth_m \
            + DEPTH_NOISE * rng.standard_normal(rendered.depth_m.shape, np.float32)
        depth_m = (depth_scale / np.maximum(inverse_depth, 1e-3)).astype(np.float32)
        frames.append(Frame(rendered.stamp_s, rendered.image_rgb,
                            depth_m if config.depth == 'topic' else None, scene.intrinsics))
        poses.append(rendered.T_world_camera)
    return SimulatedRun(frames, poses, config)


def _path(rng: np.random.Generator) -> Callable[[float], Array]:
    """Return a random walk of a hand: 0.1 to 0.6 m/s, 0.05 to 0.4 rad/s, and a tremor."""
    speed, turn, tremor = rng.uniform(0.1, 0.6), rng.uniform(0.05, 0.4), rng.uniform(0.0, 0.05)
    x, y, z = (_sway(rng, share * speed) for share in (0.6, 0.8, 0.3))
    yaw, pitch, roll = (_sway(rng, share * turn) for share in (1.0, 0.5, 0.3))
    shake, tilt = (_sway(rng, tremor, (0.3, 0.6)) for _ in range(2))
    x0, y0 = rng.uniform(-1.0, 0.3), rng.uniform(-0.8, 0.8)

    def pose(time_s: float) -> Array:
        return camera_pose(
            x0 + x(time_s), y0 + y(time_s), 1.3 + z(time_s) + shake(time_s),
            yaw(time_s) + tilt(time_s), 0.1 + pitch(time_s) + 0.7 * tilt(time_s), roll(time_s))
    return pose


def _sway(rng: np.random.Generator, rate: float,
          periods_s: tuple[float, float] = (2.0, 6.0)) -> Callable[[float], float]:
    """Return a smooth random motion to and fro, 0 at first, of about the rate per second."""
    periods, phases = rng.uniform(*periods_s, 2), rng.uniform(0, 2 * math.pi, 2)

    def at(time_s: float) -> float:
        turns = 2 * math.pi * time_s / periods + phases
        return float((rate * periods / (2 * math.pi) * (np.sin(turns) - np.sin(phases))).sum())
    return at


def steps_of(estimates: Sequence[OdometryEstimate], T_world_camera: Sequence[Array],
             frames: Sequence[Frame], statuses: Sequence[TrackingState]) -> list[Step]:
    """Return the motions between frames with a pose that end at a frame with such a status."""
    index_at = {frame.stamp_s: index for index, frame in enumerate(frames)}
    steps, T_before, at, stamp_s = [], T_BODY_OPTICAL, 0, frames[0].stamp_s
    for estimate in estimates:
        if estimate.status == TrackingState.LOST:
            continue
        now, elapsed_s = index_at[estimate.stamp_s], estimate.stamp_s - stamp_s
        if estimate.status in statuses:
            steps.append(Step(inverse(T_before) @ estimate.T_odom_camera,
                              estimate.twist_covariance * elapsed_s ** 2,
                              inverse(T_world_camera[at]) @ T_world_camera[now]))
        T_before, at, stamp_s = estimate.T_odom_camera, now, estimate.stamp_s
    return steps


def play(simulated: SimulatedRun) -> list[Step]:
    """Return the tracked motions of a run."""
    estimates = run(simulated.frames, VisualOdometry(simulated.config))
    return steps_of(estimates, simulated.T_world_camera, simulated.frames,
                    (TrackingState.TRACKING, TrackingState.DEGRADED))


def units_per_metre(steps: Sequence[Step]) -> float:
    """Return the one scale with which the true motions fit the found ones best."""
    both = own = 0.0
    for step in steps:
        information = np.linalg.inv(step.covariance)
        metre = step.error(0.0) - step.error(1.0)
        both += metre @ information @ step.error(0.0)
        own += metre @ information @ metre
    return both / own


def squared_errors(steps: Sequence[Step], scale: float, part: slice = slice(None)) -> Array:
    """Return the normalised squared errors per degree of freedom, (N,); scale in units/m."""
    out = []
    for step in steps:
        error, covariance = step.error(scale)[part], step.covariance[part, part]
        out.append(error @ np.linalg.solve(covariance, error) / len(error))
    return np.array(out)
