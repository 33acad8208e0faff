# Copyright 2026 The anycam_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How people and robots move a camera: by hand, walking, driving, flying, turning, standing.

A style makes a path: time in seconds to T_world_camera (4, 4); world axes x forward, y left, z up.
"""

from collections.abc import Callable, Mapping
import math

import numpy as np

from anycam_ros.simulation.procedural.smooth_noise import Array, SmoothNoise
from anycam_ros.simulation.rendered_scene.camera_paths import camera_pose, CameraPath

Style = Callable[[np.random.Generator, float, float], CameraPath]
"""Make a path from a height over the origin and how far one goes in a second, both in m."""


def hand_held(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Stand and look about, with all of the arm."""
    return _swaying(rng, height_m, reach_m=room_m * rng.uniform(0.05, 0.3),
                    turn_rad=rng.uniform(0.03, 0.3),
                    speed=np.zeros(3))


def walking(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Walk, in any direction against the view."""
    heading = rng.normal(0, 0.7)
    speed = min(room_m, 2.0) * rng.uniform(0.2, 0.8) \
        * np.array([math.cos(heading), math.sin(heading), 0.0])
    return _swaying(rng, height_m, reach_m=0.06, turn_rad=rng.uniform(0.02, 0.2), speed=speed,
                    step_m=rng.uniform(0.0, 0.04))


def driving(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Drive ahead, straight on or round a bend."""
    speed_mps = room_m * float(rng.uniform(0.2, 2.0))
    bend_rad_per_s = float(rng.normal(0, 0.12))
    shake = SmoothNoise(rng, 3, 0.8, 0.15)
    pitch_rad = float(rng.normal(0.02, 0.04))

    def path(time_s: float) -> Array:
        angle = bend_rad_per_s * time_s
        radius = speed_mps / bend_rad_per_s if abs(bend_rad_per_s) > 1e-3 else math.inf
        ahead = radius * math.sin(angle) if math.isfinite(radius) else speed_mps * time_s
        left = radius * (1 - math.cos(angle)) if math.isfinite(radius) else 0.0
        jolt = 0.003 * shake(time_s)
        return camera_pose(ahead, left, height_m + 3 * jolt[0], angle + jolt[1],
                           pitch_rad + jolt[2])

    return path


def flying(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Fly slowly, high up, looking down a little."""
    speed = room_m * rng.normal(0, 0.5, 3) * np.array([1.0, 1.0, 0.3])
    return _swaying(rng, height_m + room_m * rng.uniform(0.2, 2.0), reach_m=0.2, turn_rad=0.1,
                    speed=speed, pitch_rad=rng.uniform(0.1, 0.7))


def turning(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Turn on the spot."""
    del room_m
    return _swaying(rng, height_m, reach_m=rng.choice([0.0, 0.01]),
                    turn_rad=rng.uniform(0.02, 0.1), speed=np.zeros(3),
                    yaw_rad_per_s=rng.normal(0, 0.6))


def standing(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Stand on a tripod; some tripods shake."""
    del room_m
    return _swaying(rng, height_m, reach_m=rng.choice([0.0, 0.0, 0.003]),
                    turn_rad=rng.choice([0.0, 0.0, 0.002]), speed=np.zeros(3))


STYLES: Mapping[Style, float] = {hand_held: 0.28, walking: 0.24, driving: 0.2, flying: 0.08,
                                 turning: 0.12, standing: 0.08}
"""How often each is."""


def random_path(rng: np.random.Generator, height_m: float, room_m: float) -> CameraPath:
    """Return a path in a random style."""
    shares = np.array(list(STYLES.values()))
    style = list(STYLES)[rng.choice(len(STYLES), p=shares / shares.sum())]
    return style(rng, height_m, room_m)


def _swaying(rng: np.random.Generator, height_m: float, *, reach_m: float, turn_rad: float,
             speed: Array, step_m: float = 0.0, pitch_rad: float = 0.0,
             yaw_rad_per_s: float = 0.0) -> CameraPath:
    sway, look = SmoothNoise(rng, 3, 6.0, 1.0), SmoothNoise(rng, 3, 5.0, 0.7)
    tremor = SmoothNoise(rng, 3, 0.5, 0.12)
    trembles_rad = turn_rad and float(rng.uniform(0.0, 0.004))
    step_hz = rng.uniform(1.5, 2.2)
    pitch_rad += float(rng.normal(0.05, 0.08))

    def path(time_s: float) -> Array:
        x, y, z = reach_m * sway(time_s) + speed * time_s
        z += step_m * abs(math.sin(math.pi * step_hz * time_s))
        yaw, pitch, roll = turn_rad * look(time_s) * np.array([1.0, 0.5, 0.3]) \
            + trembles_rad * tremor(time_s)
        return camera_pose(x, y, height_m + z, yaw + yaw_rad_per_s * time_s, pitch + pitch_rad,
                           roll)

    return path
